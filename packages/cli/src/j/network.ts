import { forwardTcp, forwardUnix, type Device } from "@jumpstarter-ts/client";
import { contract, unary, type Logger } from "@jumpstarter-ts/core";

import { UsageError, type Command } from "../command.ts";
import { print, tell, type Io } from "../io.ts";
import { anything, remoteOf } from "./raw-remote.ts";

const network = contract({
  name: "network",
  label: "jumpstarter_driver_network.client.NetworkClient",
  methods: { address: unary({ result: anything, isOptional: true }) },
});

export function networkCommands(device: Device): readonly Command[] {
  return [
    ...forwardCommands(device, "connect"),
    {
      name: "address",
      help: "Tell where the exporter connects to",
      options: [
        { name: "host", help: "Only the host" },
        { name: "port", help: "Only the port" },
      ],
      run: async (input, io) => {
        const address = String(await remoteOf(device, network).with({ signal: io.signal }).call("address"));
        const [, host = address, port = ""] = /^[a-z]+:\/\/(.*?)(?::(\d+))?(?:\/.*)?$/.exec(address) ?? [];
        if (input.isSet("host") === input.isSet("port")) print(io, port === "" ? host : `${host}:${port}`);
        else print(io, input.isSet("host") ? host.replaceAll(/[[\]]/g, "") : port);
      },
    },
  ];
}

/** Local listeners whose connections go to a byte stream of the device. */
export function forwardCommands(device: Device, method: string): readonly Command[] {
  return [
    {
      name: "forward-tcp",
      help: "Forward a local TCP port, until Ctrl+C",
      parameters: [{ name: "PORT", help: "The local port; 0 for a free one" }],
      options: [{ name: "address", value: "HOST", help: "The local address; localhost by default" }],
      run: async (input, io) => {
        const port = Number(input.word("PORT"));
        if (!Number.isInteger(port) || port < 0 || port > 65_535) {
          throw new UsageError(
            `PORT of ${input.called} is ${JSON.stringify(input.word("PORT"))}: it is a number from 0 to 65535`,
          );
        }
        const host = input.text("address") ?? "localhost";
        await using forwarded = await forwardTcp(device, { method, host, port, signal: io.signal, log: logger(io) });
        print(io, `${forwarded.host}:${forwarded.port}`);
        await interrupted(io.signal);
      },
    },
    {
      name: "forward-unix",
      help: "Forward a local unix socket, until Ctrl+C",
      parameters: [{ name: "PATH", help: "Of the socket; a new one if left out", isOptional: true, complete: "files" }],
      run: async (input, io) => {
        const path = input.optionalWord("PATH");
        const options = { method, signal: io.signal, log: logger(io) };
        await using forwarded = await forwardUnix(device, path === undefined ? options : { ...options, path });
        print(io, forwarded.path);
        await interrupted(io.signal);
      },
    },
  ];
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
    // A promise alone keeps no process alive; the listener does that.
  });
}

function logger(io: Io): Logger {
  const say = (level: string) => (message: string) => tell(io, `${level} ${message}`);
  return { debug: () => undefined, info: say("INFO"), warning: say("WARNING"), error: say("ERROR") };
}
