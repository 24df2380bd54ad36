import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Readable } from "node:stream";

import { clock, JumpstarterError, messageOf } from "@jumpstarter-ts/core";

export interface GroupOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A program and all that it starts: a group of processes that ends as one. */
export interface ProcessGroup {
  /** Of the program, and of the group. */
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The program's exit code, or minus the number of the signal that ended it, as Python says it. */
  readonly exited: Promise<number>;
  /**
   * SIGTERM for the whole group, and SIGKILL for what is left of it 5 s later. Harmless twice. A program that has ended
   * by itself is left alone, with whatever it put into the background.
   */
  end(): Promise<void>;
}

const graceSeconds = 5;
const pollMs = 20;

/**
 * Ends a group when its standard input closes without a line: when the exporter died without a chance to do so itself,
 * as SIGKILL leaves none.
 */
const guardScript = `read -r _ || { kill -s TERM -- "-$1"; sleep ${graceSeconds}; kill -s KILL -- "-$1"; } 2>/dev/null`;

/** Starts a program in a session of its own, with nothing to read. Throws what keeps it from starting. */
export async function startGroup(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env }: GroupOptions,
): Promise<ProcessGroup> {
  try {
    const child = spawn(program, args, { cwd, env: { ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const { pid } = child;
    const letGuardGo = pid === undefined ? async () => undefined : startGuard(pid);
    await once(child, "spawn");
    // It has a pid once it is spawned.
    return group(child as Child, letGuardGo);
  } catch (cause) {
    throw startError(program, cause);
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable> & { readonly pid: number };

function startGuard(pid: number): () => Promise<void> {
  const guard = spawn("/bin/sh", ["-c", guardScript, "guard", String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Without a guard the group still ends on every path but a killed exporter.
  guard.on("error", () => undefined).stdin.on("error", () => undefined);
  const gone = guard.pid === undefined ? Promise.resolve() : once(guard, "exit");
  return async () => {
    guard.stdin.end("\n");
    await gone;
  };
}

function group(child: Child, letGuardGo: () => Promise<void>): ProcessGroup {
  const { pid, stdout, stderr } = child;
  const { promise: exited, resolve } = Promise.withResolvers<number>();
  let ending: Promise<void> | undefined;
  let isOver = false;
  let guardGone: Promise<void> | undefined;
  const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
    isOver = true;
    if (ending === undefined) guardGone = letGuardGo();
    resolve(code ?? -(signal === null ? 0 : constants.signals[signal]));
  };
  if (child.exitCode !== null || child.signalCode !== null) settle(child.exitCode, child.signalCode);
  else child.once("exit", settle);

  const terminate = async (): Promise<void> => {
    kill(pid, "SIGTERM");
    const deadline = clock.now() + graceSeconds * 1_000;
    while (isAlive(pid) && clock.now() < deadline) await pause(pollMs);
    kill(pid, "SIGKILL");
    await exited;
    await letGuardGo();
  };
  return {
    pid,
    stdout,
    stderr,
    exited,
    async end() {
      if (!isOver) ending ??= terminate();
      await (ending ?? guardGone);
    },
  };
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.setTimeout(resolve, ms);
  return promise;
}

function startError(program: string, cause: unknown): JumpstarterError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") {
    return new JumpstarterError(`${program} is not installed on the exporter: install it, or change "shell"`, {
      code: "failed-precondition",
      reason: "SHELL_NOT_INSTALLED",
      cause,
    });
  }
  if (code === "E2BIG") {
    return new JumpstarterError("the arguments and variables are longer than the exporter's system allows", {
      code: "invalid-argument",
      reason: "SHELL_ARGUMENTS_TOO_LONG",
      cause,
    });
  }
  return new JumpstarterError(`${program} cannot be started on the exporter: ${messageOf(cause)}`, {
    code: "unavailable",
    reason: "SHELL_NOT_STARTED",
    cause,
  });
}
