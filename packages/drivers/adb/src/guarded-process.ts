import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { clock } from "@jumpstarter-ts/core";

export interface GuardedProcess {
  readonly pid: number;
  /** Resolves when the program is gone, with what its end looked like: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  readonly hasEnded: () => boolean;
  /** The last of what it printed. */
  said(): string;
  /** SIGTERM, and SIGKILL 5 s later. Harmless twice. */
  stop(): Promise<void>;
}

export interface GuardOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: string) => void;
}

const graceMs = 5_000;
const keptLines = 5;

/**
 * The shell becomes the program, and leaves behind a watcher at the end of a pipe whose other end only this process has.
 * The pipe ends with this process, by whatever signal, and the watcher then kills the program. A line says that it has
 * ended by itself. No core file: a server that finds its port taken aborts.
 */
const script = `ulimit -c 0; ( read -r _ <&3 || kill -KILL $$ ) >/dev/null 2>&1 & exec 3<&-; exec "$@"`;

/** Starts a program in a session of its own, which no path out of this process leaves running. */
export function startGuarded(argv: readonly string[], { env, onLine }: GuardOptions): GuardedProcess {
  const child = spawn("/bin/sh", ["-c", script, "sh", ...argv], {
    env: { ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  let isOver = false;
  const end = (what: string): void => {
    isOver = true;
    resolve(what);
  };
  const lifeline = child.stdio[3];
  lifeline?.on("error", () => undefined);
  child.once("error", (cause) => end(cause.message));
  child.once("exit", (code, signal) => {
    // Beyond the first three a pipe is a socket, which can be written.
    if (lifeline !== null && lifeline !== undefined && "end" in lifeline) lifeline.end("\n");
    end(signal ?? `exit code ${code}`);
  });
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    // Both are pipes.
    if (input === null) continue;
    createInterface({ input }).on("line", (line) => {
      lines.push(line);
      lines.splice(0, lines.length - keptLines);
      onLine(line);
    });
  }
  return {
    pid: child.pid ?? 0,
    ended,
    hasEnded: () => isOver,
    said: () => lines.join("; "),
    async stop() {
      if (isOver) return;
      child.kill("SIGTERM");
      const timer = clock.setTimeout(() => child.kill("SIGKILL"), graceMs);
      await ended;
      clock.clearTimeout(timer);
    },
  };
}
