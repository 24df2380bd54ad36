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
  /** What the program has as its file descriptors 4, 5, …: the near ends of socket pairs. */
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
  /** A directory that is removed with the program where this process ends without doing it. */
  readonly directory: string;
}

/**
 * The shell becomes the program, and leaves a watcher behind that holds the read end of a pipe whose other end only
 * this process has. The pipe ends with this process, by whatever signal; the watcher then kills the program and
 * removes its directory. A line in the pipe says that the program has ended by itself.
 */
const guardian = `directory=$1; shift
( exec 4>&- 5>&-; read -r _ <&3 || { kill -KILL $$; rm -rf "$directory"; } ) >/dev/null 2>&1 &
exec 3>&-; exec "$@"`;

const keptBytes = 4_096;

export async function startGuarded({ argv, cwd, socketCount, directory }: StartOptions): Promise<GuardedProcess> {
  const child = spawn("/bin/sh", ["-c", guardian, "sh", directory, ...argv], {
    cwd,
    // A Ctrl+C at the exporter's terminal is the exporter's to handle, which may still need the machine.
    detached: true,
    // The fourth is the watcher's. Node destroys the first one when a child ends, which no line could precede.
    stdio: ["ignore", "pipe", "pipe", "pipe", ...Array.from({ length: socketCount }, () => "pipe" as const)],
  });
  const ended = Promise.withResolvers<ProcessEnd>();
  const started = Promise.withResolvers<number>();
  child.once("spawn", () => started.resolve(child.pid ?? 0));
  child.once("error", (cause) => started.reject(notStarted(argv[0] ?? "", cause)));

  let said = "";
  const keep = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-keptBytes);
  };
  const [, stdout, stderr, ...rest] = child.stdio;
  stdout?.on("data", keep);
  stderr?.on("data", keep);
  // Beyond the first three a "pipe" is a socket, which is both.
  const [lifeline, ...sockets] = rest.map((socket) => socket as Duplex);
  for (const socket of [lifeline, ...sockets]) socket?.on("error", () => undefined);

  child.once("exit", () => lifeline?.end("\n", () => lifeline.destroy()));
  // What it said last may come after its end.
  child.once("exit", (code, signal) => {
    void drained([stdout, stderr]).then(() => {
      // A socket that nobody reads would never learn of its end.
      for (const socket of sockets) socket.resume();
      ended.resolve({ code, signal });
    });
  });

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
