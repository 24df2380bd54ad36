import type { Device } from "@jumpstarter-ts/client";

import type { Command } from "../command.ts";
import { pipeCommand } from "./pipe.ts";

/** A byte stream that people and programs talk to. */
export function serialCommands(device: Device, method = "connect"): readonly Command[] {
  return [
    {
      name: "start-console",
      help: "Use the console in this terminal; Ctrl-B three times leaves it",
      options: [
        { name: "transcript", value: "FILE", help: "Write what is received to this file too", complete: "files" },
      ],
      run: async (input, io) => {
        const { useTerminal } = await import("./terminal.ts");
        await useTerminal(device, io, { method, transcript: input.text("transcript") });
      },
    },
    pipeCommand(device, method),
  ];
}
