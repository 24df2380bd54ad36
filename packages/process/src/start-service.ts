import { StringDecoder } from "node:string_decoder";
import type { Readable } from "node:stream";

import { drained } from "./drained.ts";
import { startProcess, type GuardedProcess, type ProcessEnd, type StartOptions } from "./start-process.ts";

/** A program that runs for as long as its driver wants, and says a little. */
export interface Service extends Omit<GuardedProcess, "stdout" | "stderr" | "exited"> {
  /** Never rejects. All that it said is there. */
  readonly ended: Promise<ProcessEnd>;
  /** The last of what it printed, for an error's sentence. */
  said(): string;
}

export interface ServiceOptions extends StartOptions {
  /** Told of every line that it prints. */
  readonly onLine?: (line: string) => void;
}

const keptCharacters = 4_096;

/** Starts a program whose output is read as it comes; the last of it is kept. Throws as `startProcess` does. */
export async function startService(
  argv: readonly string[],
  { onLine = () => undefined, ...options }: ServiceOptions,
): Promise<Service> {
  const { stdout, stderr, exited, stop, ...rest } = await startProcess(argv, options);
  let said = "";
  const keep = (text: string): void => {
    said = (said + text).slice(-keptCharacters);
  };
  for (const stream of [stdout, stderr]) listen(stream, keep, onLine);
  const ended = exited.then(async (end) => {
    await drained([stdout, stderr]);
    return end;
  });
  return {
    ...rest,
    ended,
    said: () => said.trim(),
    async stop(stopOptions) {
      await stop(stopOptions);
      return await ended;
    },
  };
}

function listen(stream: Readable, keep: (text: string) => void, onLine: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let line = "";
  const hear = (text: string): void => {
    keep(text);
    const lines = (line + text).split("\n");
    // Whoever prints no end of a line must not fill the memory.
    line = (lines.pop() ?? "").slice(-keptCharacters);
    lines.forEach(onLine);
  };
  stream
    .on("data", (chunk: Buffer) => hear(decoder.write(chunk)))
    .on("error", () => undefined)
    .once("end", () => {
      hear(decoder.end());
      if (line !== "") onLine(line);
    });
}

/** How it ended, in words: `exit code 1`, `SIGKILL`. */
export function endOf({ code, signal }: ProcessEnd): string {
  return signal ?? `exit code ${code}`;
}
