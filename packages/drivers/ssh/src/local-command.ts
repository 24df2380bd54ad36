import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

import { clock, JumpstarterError, messageOf, within } from "@jumpstarter-ts/core";
import { descendantsOf, startFailure } from "@jumpstarter-ts/process";

export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandResult extends CommandOutput {
  /** As a shell gives it: 128 and the number of the signal for a program that a signal ended. */
  readonly exitCode: number;
}

export interface CommandOptions {
  /** Ends the program with `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for all of it; no limit by default. */
  readonly timeoutMs?: number | undefined;
  /** What the program reads; nothing by default. */
  readonly input?: string | Uint8Array | undefined;
  /** Told of what the program says, as it says it. */
  readonly onOutput?: ((output: CommandOutput) => void) | undefined;
  /** Gives the program this process's own terminal; then nothing is collected. */
  readonly isInteractive?: boolean | undefined;
}

/** The most that is collected of one stream. */
const limitCharacters = 64 * 1024 ** 2;
const patienceMs = 2_000;

/**
 * Runs a program on this machine to its end and collects what it says. An exit code other than 0 is a result. Throws
 * `not-found` (`COMMAND_NOT_FOUND`) for a program that is not installed, `invalid-argument` (`COMMAND_ARGUMENTS`) for
 * arguments that no program can be given. Arguments may be secrets: no error shows them.
 */
export async function runLocal(
  [program, ...args]: readonly [string, ...string[]],
  { signal, timeoutMs, input, onOutput, isInteractive = false }: CommandOptions = {},
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const what = `${program} on this machine`;
  const stdin = input === undefined ? "ignore" : "pipe";
  const child = start(program, args, {
    env: { ...process.env, ...env },
    stdio: isInteractive ? "inherit" : [stdin, "pipe", "pipe"],
  });
  const ended = Promise.withResolvers<number>();
  child.once("error", (cause) => ended.reject(startError(program, cause)));
  child.once("close", (code, name) => {
    const exitCode = code ?? 128 + (name === null ? 0 : constants.signals[name]);
    // Ctrl+C reaches the program, too, and Node may tell of its end first: the signal comes in the same turn.
    setImmediate(() => ended.resolve(exitCode));
  });
  // A program that ends without reading its input is no failure.
  child.stdin?.on("error", () => undefined).end(input);
  const stdout = collect(child.stdout, (text) => onOutput?.({ stdout: text, stderr: "" }));
  const stderr = collect(child.stderr, (text) => onOutput?.({ stdout: "", stderr: text }));
  try {
    const exitCode = await within(ended.promise, { signal, timeoutMs, what });
    return { stdout: stdout(), stderr: stderr(), exitCode };
  } finally {
    await end(child);
  }
}

function start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  if (args.some((each) => each.includes("\0"))) {
    throw badArguments(`an argument of ${program} holds a zero byte, which no program can be given`);
  }
  try {
    return spawn(program, args, options);
  } catch (cause) {
    throw startError(program, cause);
  }
}

function collect(stream: Readable | null, tell: (text: string) => void): () => string {
  const decoder = new StringDecoder("utf8");
  let collected = "";
  stream?.on("data", (chunk: Buffer) => {
    const text = decoder.write(chunk);
    // The end is worth more than the beginning.
    collected = (collected + text).slice(-limitCharacters);
    if (text !== "") tell(text);
  });
  return () => collected + decoder.end();
}

/** Asks the program and all that it started to end, and makes them. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  const others = new Set(descendantsOf(child.pid));
  const signalAll = (signal: NodeJS.Signals): void => {
    child.kill(signal);
    for (const pid of others) signalProcess(pid, signal);
  };
  const timer = clock.setTimeout(() => {
    for (const pid of descendantsOf(child.pid ?? 0)) others.add(pid);
    signalAll("SIGKILL");
  }, patienceMs);
  signalAll("SIGTERM");
  await exited;
  clock.clearTimeout(timer);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

function startError(program: string, cause: unknown): JumpstarterError {
  // Node notes the whole command line there, and a test's report shows it.
  if (cause instanceof Error) Reflect.deleteProperty(cause, "spawnargs");
  const failure = startFailure(cause);
  if (failure === "arguments-too-long") {
    return badArguments(`the arguments of ${program} are longer than this machine's system allows`, cause);
  }
  return failure === "missing"
    ? new JumpstarterError(`${program} is not installed on this machine, or not on its PATH`, {
        code: "not-found",
        reason: "COMMAND_NOT_FOUND",
        cause,
      })
    : new JumpstarterError(`${program} cannot be started on this machine: ${messageOf(cause)}`, {
        code: "unavailable",
        reason: "COMMAND_FAILED",
        cause,
      });
}

function badArguments(sentence: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(sentence, { code: "invalid-argument", reason: "COMMAND_ARGUMENTS", cause });
}
