import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { once } from "node:events";

import type { Device } from "@jumpstarter-ts/client";
import { messageOf } from "@jumpstarter-ts/core";

import { UsageError, type Command, type Input } from "../command.ts";
import { tell, type Io } from "../io.ts";
import { untyped } from "./call.ts";

/** A serial line in a pipeline: stdin to it, and it to stdout or a file. */
export function pipeCommand(device: Device, method: string): Command {
  return {
    name: "pipe",
    help: "Copy what is received to stdout or a file, and stdin to the device",
    details: `j ${device.name} pipe -o boot.log
echo reboot | j ${device.name} pipe
echo reboot | j ${device.name} pipe --no-output

Stdin is sent where it is not a terminal. After its end, receiving goes on until Ctrl+C.`,
    options: [
      { name: "output", short: "o", value: "FILE", help: "Write to this file instead of stdout", complete: "files" },
      { name: "append", short: "a", help: "Add to the file" },
      { name: "input", short: "i", help: "Send stdin even from a terminal" },
      { name: "no-input", help: "Do not send stdin" },
      { name: "no-output", help: "Send stdin, and end with it" },
    ],
    run: async (input, io) => pipe(device, method, checkOptions(input, io), io),
  };
}

interface PipeOptions {
  readonly file: string | undefined;
  readonly isAppended: boolean;
  readonly sends: boolean;
  readonly receives: boolean;
}

function checkOptions(input: Input, io: Io): PipeOptions {
  const conflict = (one: string, other: string): never => {
    throw new UsageError(`${input.called} got both ${one} and ${other}, which exclude each other: give one of them`);
  };
  const file = input.text("output");
  if (input.isSet("input") && input.isSet("no-input")) conflict("--input", "--no-input");
  if (input.isSet("no-output") && file !== undefined) conflict("--no-output", "--output");
  if (input.isSet("no-output") && input.isSet("append")) conflict("--no-output", "--append");
  if (input.isSet("append") && file === undefined) {
    throw new UsageError(`--append of ${input.called} needs a file to add to: give --output FILE`);
  }
  const sends = !input.isSet("no-input") && (input.isSet("input") || io.stdin.isTTY !== true);
  if (input.isSet("no-output") && !sends) {
    throw new UsageError(
      `--no-output of ${input.called} leaves nothing to do without input: pipe something in, or give --input`,
    );
  }
  return { file, isAppended: input.isSet("append"), sends, receives: !input.isSet("no-output") };
}

async function pipe(device: Device, method: string, options: PipeOptions, io: Io): Promise<void> {
  const { file, isAppended, sends, receives } = options;
  const output = file === undefined ? io.stdout : await openFile(file, isAppended);
  const stream = await untyped(device, io.signal).open(method);
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  stream.on("error", (error) => broken.reject(error));
  try {
    const receiving = receives
      ? copy(stream.iterator({ destroyOnReturn: false }), output)
      : Promise.resolve(stream.resume());
    receiving.catch(() => undefined);
    if (sends) {
      await Promise.race([copy(io.stdin, stream), broken.promise]);
      if (!receives) {
        await Promise.race([new Promise<void>((resolve) => stream.end(resolve)), broken.promise]);
        return;
      }
    }
    if (receives && file !== undefined) tell(io, `Writing what ${device.path} says to ${file}, until Ctrl+C.`);
    await Promise.race([receiving, broken.promise]);
  } finally {
    stream.destroy();
    if (output !== io.stdout) await new Promise<void>((resolve) => output.end(() => resolve()));
  }
}

/** To the end of the source, no faster than the target takes it; the target stays open. */
async function copy(source: AsyncIterable<Uint8Array>, target: Writable): Promise<void> {
  for await (const chunk of source) {
    if (!target.write(chunk)) await once(target, "drain");
  }
}

async function openFile(path: string, isAppended: boolean): Promise<Writable> {
  const file = createWriteStream(path, { flags: isAppended ? "a" : "w" });
  try {
    await once(file, "open");
  } catch (cause) {
    throw new Error(`${path} cannot be written (${messageOf(cause)}): check its directory`, { cause });
  }
  return file;
}
