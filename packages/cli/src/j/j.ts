import type { Command } from "../command.ts";
import type { Io } from "../io.ts";
import { logLevelOption } from "../jmp/exporter-options.ts";
import { runProgram } from "../program.ts";
import { createLink, type Link } from "./link.ts";

/** Runs one command of the devices that `JUMPSTARTER_HOST` leads to. */
export async function runJ(words: readonly string[], io: Io): Promise<number> {
  await using link = createLink(io);
  return await runProgram(j(link), words, io, { usageCode: 1 });
}

function j(link: Link): Command {
  return {
    name: "j",
    help: "Use the devices of the exporter that this shell is connected to",
    details: "Ctrl+C ends a command. In a console, press Ctrl-B three times to leave.",
    options: [logLevelOption],
    commands: async () => {
      const [session, { deviceCommands, withoutNamesOf }] = await Promise.all([
        link.session(),
        import("./device-commands.ts"),
      ]);
      const devices = deviceCommands(session.root, link);
      return [...devices, ...withoutNamesOf(devices, [callCommand(link), consoleCommand(link)])];
    },
  };
}

function callCommand(link: Link): Command {
  return {
    name: "call",
    help: "Call any method of any device, with arguments as JSON",
    details: `j call power on
j call group.relay set 2 true '{"pulse": 0.5}'

What is not JSON is taken as text. Nothing is checked here; the exporter does.`,
    parameters: [
      { name: "CHILD", help: "The device, dotted from the root", complete: () => devicePaths(link) },
      { name: "METHOD", help: "The method's name on the wire" },
      { name: "JSON", help: "The arguments", isOptional: true, isRest: true },
    ],
    run: async (input, io) => {
      const { callMethod } = await import("./call.ts");
      const device = (await link.session()).device(input.word("CHILD"));
      await callMethod(device, input.word("METHOD"), input.words("JSON"), io);
    },
  };
}

function consoleCommand(link: Link): Command {
  return {
    name: "console",
    help: "Use a console in this terminal; Ctrl-B three times leaves it",
    parameters: [
      {
        name: "CHILD",
        help: "The device; may be left out where only one has a console",
        isOptional: true,
        complete: () => devicePaths(link),
      },
    ],
    options: [
      { name: "transcript", value: "FILE", help: "Write what is received to this file too", complete: "files" },
    ],
    run: async (input, io) => {
      const { findConsole, useTerminal } = await import("./terminal.ts");
      const device = findConsole((await link.session()).root, input.optionalWord("CHILD"));
      return useTerminal(device, io, { transcript: input.text("transcript") });
    },
  };
}

async function devicePaths(link: Link): Promise<readonly string[]> {
  const [session, { allDevices }] = await Promise.all([link.session(), import("@jumpstarter-ts/client")]);
  return [...allDevices(session.root)].flatMap(({ path }) => (path === "" ? [] : [path]));
}
