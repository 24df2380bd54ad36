import { PassThrough, Readable } from "node:stream";

import type { Io } from "../src/io.ts";

export interface TestIo extends Io {
  readonly seen: { readonly stdout: string; readonly stderr: string };
  /** As Ctrl+C. */
  interrupt(): void;
}

export interface TestIoOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly isTerminal?: boolean;
  readonly onStdout?: (text: string) => void;
}

/** Streams in memory, for commands that run in the test's own process. */
export function createTestIo({
  env = {},
  cwd = process.cwd(),
  input = "",
  isTerminal = false,
  onStdout,
}: TestIoOptions = {}): TestIo {
  const stop = new AbortController();
  const seen = { stdout: "", stderr: "" };
  const output = (name: "stdout" | "stderr"): PassThrough & { isTTY?: boolean; columns?: number } => {
    const stream = Object.assign(new PassThrough(), isTerminal ? { isTTY: true, columns: 80 } : {});
    stream.on("data", (chunk: Buffer) => {
      seen[name] += chunk.toString();
      if (name === "stdout") onStdout?.(seen.stdout);
    });
    return stream;
  };
  return {
    stdin: Readable.from([Buffer.from(input)], { objectMode: false }),
    stdout: output("stdout"),
    stderr: output("stderr"),
    env,
    cwd,
    signal: stop.signal,
    interrupts: { take: () => () => undefined },
    seen,
    interrupt: () => stop.abort("SIGINT"),
  };
}
