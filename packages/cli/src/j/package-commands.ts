import type { Device } from "@jumpstarter-ts/client";
import type { AnyDefinition, CommandIo } from "@jumpstarter-ts/core";

import type { Command } from "../command.ts";
import type { Io } from "../io.ts";
import { createProgressBar } from "./progress-bar.ts";

/** The commands that the device's package gives. */
export async function packageCommands(device: Device, definition: AnyDefinition): Promise<readonly Command[]> {
  const commands = (await definition.commands?.()) ?? [];
  return commands.map(({ run, ...command }) => ({
    ...command,
    run: async (input, io) => {
      // It is the client of this definition, which is what its commands take.
      const code = await run(device.as(definition) as never, input, commandIo(io));
      // After Ctrl+C the code is what a program made of that.
      return io.signal.aborted ? undefined : code;
    },
  }));
}

function commandIo(io: Io): CommandIo {
  const { stdout, stderr, signal } = io;
  return { stdout, stderr, signal, progress: (what) => createProgressBar(io, what) };
}
