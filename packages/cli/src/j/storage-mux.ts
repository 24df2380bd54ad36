import type { Device } from "@jumpstarter-ts/client";
import { contract, messageOf, sink, source, unary, type Remote } from "@jumpstarter-ts/core";

import type { Command } from "../command.ts";
import { transferCommands, withProgress } from "./flasher.ts";
import { UsageError } from "../command.ts";
import { remoteOf } from "./raw-remote.ts";
import { compressionOption, sourceOf } from "./transfer-options.ts";

const mux = contract({
  name: "storage-mux",
  label: "jumpstarter_driver_opendal.client.StorageMuxClient",
  methods: {
    host: unary(),
    dut: unary(),
    off: unary(),
    write: unary({ arguments: [source("src")] }),
    read: unary({ arguments: [sink("dst")] }),
  },
});

export function muxCommands(device: Device): readonly Command[] {
  const remote = remoteOf(device, mux);
  return [
    {
      name: "host",
      help: "Connect the storage to the exporter's machine",
      run: (_, { signal }) => remote.with({ signal }).call("host"),
    },
    {
      name: "dut",
      help: "Connect the storage to the device",
      run: (_, { signal }) => remote.with({ signal }).call("dut"),
    },
    {
      name: "off",
      help: "Connect the storage to neither",
      run: (_, { signal }) => remote.with({ signal }).call("off"),
    },
    {
      name: "write-local-file",
      help: "Write a file to the storage, which is connected to the host",
      parameters: [{ name: "FILE", help: "The image", complete: "files" }],
      options: [compressionOption],
      run: (input, io) =>
        withProgress(io, "write", (options) =>
          remote.with(options).call("write", sourceOf(input.word("FILE"), input, io)),
        ),
    },
  ];
}

export function muxFlasherCommands(device: Device): readonly Command[] {
  const remote = remoteOf(device, mux);
  return [
    ...muxCommands(device),
    ...transferCommands({
      flash: (image, target, options) =>
        onHost(remote, device.path, target, () => remote.with(options).call("write", image)),
      dump: (to, target, options) => onHost(remote, device.path, target, () => remote.with(options).call("read", to)),
    }),
  ];
}

const giveBackMs = 60_000;

/** The device gets its storage back whatever happened, even after Ctrl+C. */
async function onHost(
  remote: Remote<typeof mux>,
  path: string,
  target: string | undefined,
  work: () => Promise<void>,
): Promise<void> {
  if (target !== undefined)
    throw new UsageError(`${path} has no parts, so that the target ${target} has no meaning: leave it out`);
  try {
    await remote.call("host");
    await work();
  } catch (cause) {
    const said = await remote
      .with({ timeoutMs: giveBackMs })
      .call("dut")
      .then(() => undefined, messageOf);
    if (said === undefined) throw cause;
    throw new Error(`${messageOf(cause)}; and the storage could not be given back to the device: ${said}`, { cause });
  }
  await remote.with({ timeoutMs: giveBackMs }).call("dut");
}
