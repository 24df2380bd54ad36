import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The directory with `jmp` and `j`. */
export const bin = join(dirname(fileURLToPath(import.meta.url)), "..", "bin");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: string;
  /** Sent when stdout shows the text. */
  readonly signalAt?: { readonly text: string; readonly signal: NodeJS.Signals };
}

/** Runs a program to its end, as a script would: without a terminal. */
export function runCommand(
  program: string,
  words: readonly string[],
  { env = {}, cwd, input = "", signalAt }: RunOptions = {},
): Promise<Finished> {
  const { JUMPSTARTER_HOST: _host, CI: _ci, ...own } = process.env;
  const child = spawn(["jmp", "j"].includes(program) ? join(bin, program) : program, words, {
    cwd,
    env: { ...own, PATH: `${bin}:${own["PATH"] ?? ""}`, ...env },
    timeout: 30_000,
  });
  const seen = { stdout: "", stderr: "" };
  let isSignalled = false;
  child.stdout.on("data", (chunk: Buffer) => {
    seen.stdout += chunk.toString();
    if (signalAt === undefined || isSignalled || !seen.stdout.includes(signalAt.text)) return;
    isSignalled = true;
    child.kill(signalAt.signal);
  });
  child.stderr.on("data", (chunk: Buffer) => (seen.stderr += chunk.toString()));
  child.stdin.on("error", () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code) => resolve({ code, ...seen }));
  });
}
