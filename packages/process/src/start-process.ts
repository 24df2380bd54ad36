import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Duplex, Readable } from "node:stream";

import { clock } from "@jumpstarter-ts/core";

import { graceSeconds, startGuard, type Guard } from "./guard.ts";
import { isGroupAlive, signalGroup } from "./process-group.ts";

/** How a program ended: one of the two. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StopOptions {
  /** Milliseconds between SIGTERM and SIGKILL; 0 for SIGKILL at once. Default 5,000. */
  readonly graceMs?: number;
}

/**
 * A program and all that it starts: a group of processes that ends as one, and that no path out of this process leaves
 * running, SIGKILL included. A program that ends by itself is left alone, with whatever it put into the background.
 */
export interface GuardedProcess {
  /** Of the program, and of the group. */
  readonly pid: number;
  /**
   * The pipe holds the program up until somebody reads. Listen at once, as both are emptied when the program exits and
   * nobody does.
   */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The near ends of what the program has as its file descriptors 3, 4, … */
  readonly sockets: readonly Duplex[];
  /** Never rejects. What the program said last may come after it. */
  readonly exited: Promise<ProcessEnd>;
  readonly hasExited: () => boolean;
  /** Ends the group, and resolves when it is gone. Harmless twice; the shorter grace holds. */
  stop(options?: StopOptions): Promise<ProcessEnd>;
}

export interface StartOptions {
  readonly cwd: string;
  /** Default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** How many socket pairs the program gets. Default none. */
  readonly socketCount?: number | undefined;
  /** A directory of the program's own, removed with it where this process ends without doing either. */
  readonly directory?: string | undefined;
}

const pollMs = 20;

/**
 * Starts a program in a session of its own, with nothing on its standard input. No shell is involved. Throws the
 * system's error where it cannot start: `ENOENT` where there is no such program, or no such `cwd`.
 */
export async function startProcess(argv: readonly string[], options: StartOptions): Promise<GuardedProcess> {
  const [program = "", ...args] = argv;
  const { cwd, env = process.env, socketCount = 0, directory } = options;
  const guard = await startGuard(directory);
  try {
    const child = spawn(program, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe", ...Array.from({ length: socketCount }, () => "pipe" as const)],
    });
    if (child.pid !== undefined) guard.watch(child.pid);
    const exited = exitOf(child);
    await once(child, "spawn");
    return guarded(child, exited, guard);
  } catch (cause) {
    await guard.release();
    throw cause;
  }
}

async function exitOf(child: ChildProcess): Promise<ProcessEnd> {
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
  child.once("exit", (code, signal) => resolve({ code, signal }));
  return await promise;
}

function guarded(child: ChildProcess, exit: Promise<ProcessEnd>, guard: Guard): GuardedProcess {
  const [, stdout, stderr, ...rest] = child.stdio;
  const { pid } = child;
  if (pid === undefined || !stdout || !stderr) throw new Error("a process that was started has a pid and its pipes");
  // Beyond the first three a "pipe" is a socket, which is both.
  const sockets = rest.map((socket) => socket as Duplex);
  for (const socket of sockets) socket.on("error", () => undefined);
  let hasExited = false;
  let killAt = Infinity;
  let stopping: Promise<ProcessEnd> | undefined;
  const exited = exit.then(async (end) => {
    hasExited = true;
    // A socket that nobody reads would never learn of its end.
    for (const socket of sockets) socket.resume();
    if (stopping === undefined) await guard.release();
    return end;
  });

  const terminate = async (): Promise<ProcessEnd> => {
    signalGroup(pid, "SIGTERM");
    while (isGroupAlive(pid) && clock.now() < killAt) await pause(pollMs);
    signalGroup(pid, "SIGKILL");
    const end = await exited;
    await guard.release();
    return end;
  };
  return {
    pid,
    stdout,
    stderr,
    sockets,
    exited,
    hasExited: () => hasExited,
    async stop({ graceMs = graceSeconds * 1_000 } = {}) {
      if (hasExited && stopping === undefined) return await exited;
      killAt = Math.min(killAt, clock.now() + graceMs);
      stopping ??= terminate();
      return await stopping;
    },
  };
}

function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.setTimeout(resolve, ms);
  return promise;
}
