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
    // It is the client of this definition, which is what its commands take.
    run: (input, io) => run(device.as(definition) as never, input, commandIo(io)),
  }));
}

function commandIo(io: Io): CommandIo {
  const { stdout, stderr, signal } = io;
  return { stdout, stderr, signal, progress: (what) => createProgressBar(io, what) };
}
