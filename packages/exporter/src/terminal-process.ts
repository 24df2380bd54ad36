import { spawn } from "node:child_process";

import type * as NodePty from "@homebridge/node-pty-prebuilt-multiarch";

export interface TerminalOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onText: (text: string) => void;
  /** Is told why there is only a pipe. */
  readonly onWarning: (sentence: string) => void;
}

/** A process that leads a session and a group of its own. */
export interface TerminalProcess {
  readonly pid: number;
  /** After the last of its output. */
  readonly exited: Promise<TerminalExit>;
}

export interface TerminalExit {
  readonly code: number | null;
  /** Its number. */
  readonly signal: number | null;
}

/**
 * Starts a process on a pseudo-terminal, so that it writes line by line as it does for a person. Where the terminal's
 * native part cannot be loaded it gets pipes. Rejects where the process cannot be started.
 */
export async function startOnTerminal(options: TerminalOptions): Promise<TerminalProcess> {
  const pty = await loadPty(options.onWarning);
  return pty === undefined ? startOnPipes(options) : startOnPty(pty, options);
}

type Pty = typeof NodePty;

async function loadPty(onWarning: (sentence: string) => void): Promise<Pty | undefined> {
  try {
    // Most exporters have no hooks, and need no native code.
    return await import("@homebridge/node-pty-prebuilt-multiarch");
  } catch (error) {
    onWarning(`no terminal for hooks, which get pipes: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function startOnPty(pty: Pty, { file, args, cwd, env, onText }: TerminalOptions): TerminalProcess {
  const terminal = pty.spawn(file, [...args], { name: "dumb", cols: 200, rows: 50, cwd, env: { ...env } });
  const { promise: exited, resolve } = Promise.withResolvers<TerminalExit>();
  terminal.onData(onText);
  terminal.onExit(({ exitCode, signal }) => {
    const isKilled = signal !== undefined && signal !== 0;
    resolve({ code: isKilled ? null : exitCode, signal: isKilled ? signal : null });
  });
  // Never its kill() or destroy(): the group is signalled, which reaches what the script has started as well.
  return { pid: terminal.pid, exited };
}

async function startOnPipes({ file, args, cwd, env, onText }: TerminalOptions): Promise<TerminalProcess> {
  const child = spawn(file, args, { cwd, env: { ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const { promise: started, resolve: onStart, reject } = Promise.withResolvers<void>();
  const { promise: exited, resolve } = Promise.withResolvers<TerminalExit>();
  child.once("spawn", () => onStart());
  child.once("error", reject);
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", onText);
  const { signals } = (await import("node:os")).constants;
  child.once("close", (code, signal) => resolve({ code, signal: signal === null ? null : signals[signal] }));
  await started;
  return { pid: child.pid ?? 0, exited };
}
