import type { Console } from "@jumpstarter-ts/core";

import { flashError } from "./flash-error.ts";

export interface ShellOptions {
  /** Default 60 seconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The shell of the system that does the flashing, on the board's serial line. */
export interface BusyboxShell {
  /** Runs a command that has to succeed and gives what it said. */
  run(command: string, options?: ShellOptions): Promise<string>;
  /** Runs a command and gives what it said and its exit code. */
  try(command: string, options?: ShellOptions): Promise<{ readonly output: string; readonly exitCode: number }>;
}

const defaultTimeoutMs = 60_000;

export function createBusyboxShell(console: Console, path: string, prompt: RegExp): BusyboxShell {
  // Only a shell that has shown its prompt reads: what comes before may be lost.
  const answer = new RegExp(String.raw`exit-code=(\d+)\n[^]*?(?:${prompt.source})`);
  const attempt: BusyboxShell["try"] = async (command, { timeoutMs = defaultTimeoutMs, signal } = {}) => {
    const since = console.mark();
    const limits = signal === undefined ? {} : { signal };
    // Written so that the echo of the line is not taken for the answer.
    await console.sendLine(`${command}; echo "exit"-code=$?`, limits);
    const { start, text } = await console.waitFor(answer, {
      since,
      timeout: timeoutMs,
      failOn: /panicked at|Kernel panic/,
      ...limits,
    });
    const said = console.textSince(since).slice(0, start - since.offset);
    return { output: said.slice(said.indexOf("\n") + 1), exitCode: Number(/exit-code=(\d+)/.exec(text)?.[1]) };
  };
  return {
    try: attempt,
    async run(command, options) {
      const { output, exitCode } = await attempt(command, options);
      if (exitCode === 0) return output;
      throw flashError(
        "FLASH_COMMAND_FAILED",
        `${path}: ${command} ended with ${exitCode}; it said ${JSON.stringify(output.slice(-300))}`,
      );
    },
  };
}
