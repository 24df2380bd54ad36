import { spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";

import { clock, JumpstarterError, messageOf } from "@jumpstarter-ts/core";

/** How a program ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that does not outlive this process, however this one ends. */
export interface GuardedProcess {
  readonly pid: number;
  /** What the program has as its file descriptors 3, 4, …: the near ends of socket pairs. */
  readonly sockets: readonly Duplex[];
  readonly ended: Promise<ProcessEnd>;
  /** The last of what it printed. */
  said(): string;
  /** Asks it to end, and kills it where it does not. Resolves when it is gone. */
  stop(options?: { readonly graceMs?: number }): Promise<ProcessEnd>;
}

export interface StartOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** How many socket pairs it gets. */
  readonly socketCount: number;
}

/**
 * The shell becomes the program, and leaves a watcher behind that holds the read end of a pipe whose other end only
 * this process has. The pipe ends with this process, by whatever signal; the watcher then kills the program. A line
 * in the pipe says that the program has ended by itself.
 */
const guardian = `exec 9<&0 </dev/null
( exec 3>&- 4>&-; read -r _ <&9 || kill -KILL $$ ) >/dev/null 2>&1 &
exec 9<&-; exec "$@"`;

const keptBytes = 4_096;

export async function startGuarded({ argv, cwd, socketCount }: StartOptions): Promise<GuardedProcess> {
  const child = spawn("/bin/sh", ["-c", guardian, "sh", ...argv], {
    cwd,
    // A Ctrl+C at the exporter's terminal is the exporter's to handle, which may still need the machine.
    detached: true,
    stdio: ["pipe", "pipe", "pipe", ...Array.from({ length: socketCount }, () => "pipe" as const)],
  });
  const ended = Promise.withResolvers<ProcessEnd>();
  const started = Promise.withResolvers<number>();
  child.once("spawn", () => started.resolve(child.pid ?? 0));
  child.once("error", (cause) => started.reject(notStarted(argv[0] ?? "", cause)));

  let said = "";
  const keep = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-keptBytes);
  };
  const [stdin, stdout, stderr, ...rest] = child.stdio;
  stdout?.on("data", keep);
  stderr?.on("data", keep);
  stdin?.on("error", () => undefined);
  // Beyond the first three a "pipe" is a socket, which is both.
  const sockets = rest.map((socket) => socket as Duplex);
  for (const socket of sockets) socket.on("error", () => undefined);

  child.once("exit", () => stdin?.end("\n"));
  // What it said last may come after its end.
  child.once("exit", (code, signal) => void drained([stdout, stderr]).then(() => ended.resolve({ code, signal })));

  return {
    pid: await started.promise,
    sockets,
    ended: ended.promise,
    said: () => said.trim(),
    async stop({ graceMs = 5_000 } = {}) {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      const timer = clock.setTimeout(() => child.kill("SIGKILL"), graceMs);
      try {
        return await ended.promise;
      } finally {
        clock.clearTimeout(timer);
      }
    },
  };
}

/** Until the streams have ended, or half a second: a grandchild may hold them open. */
async function drained(streams: readonly unknown[]): Promise<void> {
  const all = streams.map(async (stream) => {
    // Both were made as pipes to read from.
    const readable = stream as Readable;
    if (!readable.closed) await new Promise<void>((resolve) => readable.once("close", () => resolve()));
  });
  const timer = Promise.withResolvers<void>();
  const id = clock.setTimeout(timer.resolve, 500);
  await Promise.race([Promise.all(all), timer.promise]);
  clock.clearTimeout(id);
}

function notStarted(program: string, cause: unknown): JumpstarterError {
  return new JumpstarterError(`${program} could not be started: ${messageOf(cause)}`, {
    code: "unavailable",
    reason: "QEMU_START_FAILED",
    cause,
  });
}
