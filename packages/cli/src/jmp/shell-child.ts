import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";

import type { Io } from "../io.ts";
import { interruptedCode } from "../program.ts";
import { promptOf } from "./prompt.ts";

export interface Inside {
  /** Empty for the user's shell. */
  readonly command: readonly string[];
  /** What the prompt shows. */
  readonly context: string;
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a command, or the user's shell, with the terminal; answers with its exit code. */
export async function runInside(io: Io, { command, context, env }: Inside): Promise<number> {
  const [program = io.env["SHELL"] ?? "bash", ...words] = command;
  const prompt = command.length === 0 ? promptOf(basename(program), context, io.env) : { args: [], env: {} };
  const child = spawn(program, [...words, ...prompt.args], {
    cwd: io.cwd,
    env: { ...io.env, ...pathWithCommands(io.env), ...env, ...prompt.env },
    stdio: "inherit",
  });
  let interrupted = false;
  const release = io.interrupts.take((signal) => {
    // An interactive shell has its own mind about Ctrl+C; what hangs up its terminal or ends us ends it.
    const isShell = command.length === 0;
    if (isShell && signal === "SIGINT") return;
    interrupted = true;
    passOn(child, isShell ? "SIGHUP" : signal, io);
  });
  try {
    const code = await exitCodeOf(child, program);
    return interrupted ? interruptedCode : code;
  } finally {
    release();
  }
}

/** A terminal's Ctrl+C has reached the child already: it is in the same group. A second one would hurry it. */
function passOn(child: ChildProcess, signal: NodeJS.Signals, io: Io): void {
  if (signal === "SIGINT" && io.stdin.isTTY === true) return;
  child.kill(signal);
}

function exitCodeOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    child.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "ENOENT" ? "there is no such program on the PATH" : error.message;
      reject(new Error(`${program} could not be started: ${why}; check its name, or give its path`, { cause: error }));
    });
  });
}

/** So that `j` is found inside even where only `jmp` was called by its path; what is on the PATH already comes first. */
export function pathWithCommands(env: Io["env"]): { readonly PATH?: string } {
  const directory = dirname(process.argv[1] ?? "");
  const path = env["PATH"] ?? "";
  if (path.split(delimiter).includes(directory) || !existsSync(join(directory, "j"))) return {};
  return { PATH: `${path}${delimiter}${directory}` };
}
