import { constants } from "node:os";

import type { HookConfig } from "@jumpstarter-ts/config";
import { clock, messageOf } from "@jumpstarter-ts/core";
import { LogSource } from "@jumpstarter-ts/protocol";

import { hookCommand, hookEnvironment, type HookSurroundings } from "./hook-command.ts";
import type { HookName, HookResult } from "./lease-machine.ts";
import type { LogRecord, Severity } from "./log-queue.ts";
import { startOnTerminal, type TerminalExit, type TerminalProcess } from "./terminal-process.ts";

export interface RunHookOptions {
  readonly name: HookName;
  readonly hook: HookConfig;
  readonly surroundings: HookSurroundings;
  /** Where the path of a script starts from: the configuration's directory, then the working directory. */
  readonly directories: readonly string[];
  readonly cwd: string;
  readonly log: (record: LogRecord) => void;
  /** Ends the hook early. */
  readonly signal: AbortSignal;
  /** Between asking the hook to end and ending it. Default 5000. */
  readonly killAfterMs?: number;
}

/** Runs a hook on a terminal of its own and logs what it says, line by line. Never rejects. */
export async function runHook(options: RunHookOptions): Promise<HookResult> {
  const { name, hook, surroundings, directories, cwd, log, signal, killAfterMs = 5_000 } = options;
  const source =
    name === "beforeLease" ? LogSource.LOG_SOURCE_BEFORE_LEASE_HOOK : LogSource.LOG_SOURCE_AFTER_LEASE_HOOK;
  const say = (severity: Severity, message: string): void =>
    log({ severity, message, source, logger: `exporter:${name}` });
  if (signal.aborted) return { end: "stopped" };
  const lines = createLines((line) => say("INFO", line));
  let child: TerminalProcess;
  try {
    child = await startOnTerminal({
      ...hookCommand(hook, directories),
      cwd,
      env: hookEnvironment(surroundings),
      onText: lines.add,
      onWarning: (sentence) => say("WARNING", sentence),
    });
  } catch (error) {
    const detail = `it cannot be started (${messageOf(error)})`;
    say("ERROR", detail);
    return { end: "failed", detail };
  }
  const { exit, cutBy } = await waitFor(child, { signal, timeoutMs: hook.timeoutS * 1_000, killAfterMs });
  lines.end();
  const result = judge(exit, cutBy, hook.timeoutS);
  if (result.end === "failed") say("ERROR", `${name} hook failed: ${result.detail}`);
  return result;
}

interface Waiting {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly killAfterMs: number;
}

interface Waited {
  readonly exit: TerminalExit;
  readonly cutBy: "time" | "signal" | undefined;
}

/** The end of the process: its own, or TERM, and KILL for what is still there then. */
async function waitFor(child: TerminalProcess, { signal, timeoutMs, killAfterMs }: Waiting): Promise<Waited> {
  let cutBy: Waited["cutBy"];
  let killer: ReturnType<typeof clock.setTimeout> | undefined;
  const cut = (by: "time" | "signal"): void => {
    if (cutBy !== undefined) return;
    cutBy = by;
    signalGroup(child.pid, "SIGTERM");
    killer = clock.setTimeout(() => signalGroup(child.pid, "SIGKILL"), killAfterMs);
  };
  const onAbort = (): void => cut("signal");
  const timer = clock.setTimeout(() => cut("time"), timeoutMs);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    const exit = await child.exited;
    // What the script has started, and what does not mind TERM, goes with it.
    if (cutBy !== undefined) signalGroup(child.pid, "SIGKILL");
    return { exit, cutBy };
  } finally {
    clock.clearTimeout(timer);
    clock.clearTimeout(killer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** Never process 0, 1 or -1: those are other people's. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (!Number.isSafeInteger(pid) || pid <= 1) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone, which is what was wanted.
  }
}

function judge({ code, signal }: TerminalExit, cutBy: Waited["cutBy"], timeoutS: number): HookResult {
  if (cutBy === "signal") return { end: "stopped" };
  if (cutBy === "time") return { end: "failed", detail: `it was stopped after its ${timeoutS} s` };
  if (code === 0) return { end: "ok" };
  if (signal === null) return { end: "failed", detail: `exit code ${code}` };
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return { end: "failed", detail: `killed by ${name ?? `signal ${signal}`}` };
}

const maxLineLength = 16 * 1024;

interface Lines {
  readonly add: (text: string) => void;
  /** What has no end of line. */
  readonly end: () => void;
}

/** Whole lines, without empty ones; what never ends its line comes in pieces. */
function createLines(onLine: (line: string) => void): Lines {
  let rest = "";
  const say = (line: string): void => {
    const trimmed = line.trimEnd();
    if (trimmed !== "") onLine(trimmed);
  };
  return {
    add(text) {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) say(line);
      if (rest.length < maxLineLength) return;
      say(rest);
      rest = "";
    },
    end: () => say(rest),
  };
}
