import { spawn, type ChildProcess } from "node:child_process";
import { rm } from "node:fs/promises";
import { constants } from "node:os";
import { basename, dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { clock, type ErrorCode } from "@jumpstarter-ts/core";

import { nodeFlags } from "./node-flags.ts";
import type { RapidFailureLimits } from "./rapid-failures.ts";
import type { RunMessage, RunRequest } from "./run-messages.ts";
import type { RunExporterOptions } from "./run-options.ts";

/** The process that holds the drivers. */
export interface RunProcess {
  /** Never rejects. */
  readonly ended: Promise<RunEnd>;
  /** Harmless twice, and after its end. */
  stop(): void;
  hurry(): void;
}

export type RunEnd =
  /** On its own terms. */
  | { readonly kind: "stopped"; readonly exitCode: number }
  /** It could not serve. */
  | {
      readonly kind: "failed";
      readonly message: string;
      readonly code: ErrorCode;
      readonly reason: string;
      readonly limits: RapidFailureLimits;
    }
  | { readonly kind: "crashed"; readonly what: string; readonly limits: RapidFailureLimits }
  /** Somebody outside wanted it gone. */
  | { readonly kind: "killed"; readonly what: string; readonly exitCode: number };

const upstreamLimits: RapidFailureLimits = { maxRapidFailures: 5, rapidFailureWindowS: 60 };
/** A little more than a process without hooks gives itself. */
const quickStopMs = 10_000;
const graceMs = 1_000;

export function startRunProcess(options: RunExporterOptions): RunProcess {
  const { configFile, listen, env = process.env, cwd, onLog, onReady } = options;
  const program = fileURLToPath(import.meta.resolve("@jumpstarter-ts/exporter/run-process"));
  const child = spawn(process.execPath, [...nodeFlags, program], {
    // A terminal's Ctrl+C must not reach it: who started us decides what it means.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...env },
    cwd,
  });
  // Broken by a process that is gone, which its end tells.
  child.stdin.on("error", () => undefined);
  let ready: Extract<RunMessage, { kind: "ready" }> | undefined;
  let last: Exclude<RunMessage, { kind: "ready" }> | undefined;
  let killer: ReturnType<typeof clock.setTimeout> | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = readMessage(line);
    if (message?.kind === "ready") {
      ready = message;
      onReady?.({ host: message.host, pid: child.pid ?? 0, certificate: message.certificate });
    } else last = message ?? last;
  });
  createInterface({ input: child.stderr }).on("line", (line) => onLog?.(line));
  // Not on its command line, which every user of the machine can read: there may be a passphrase in it.
  child.stdin.write(`${JSON.stringify({ configFile, listen } satisfies RunRequest)}\n`);

  const tell = (word: "stop" | "hurry", ms: number): void => {
    if (child.stdin.writable) child.stdin.write(`${word}\n`);
    clock.clearTimeout(killer);
    killer = clock.setTimeout(() => killGroup(child), ms + graceMs);
  };
  let isStopping = false;
  let isHurrying = false;
  const ended = exitOf(child).then(async (exit): Promise<RunEnd> => {
    clock.clearTimeout(killer);
    isStopping = true;
    isHurrying = true;
    const limits = ready?.limits ?? upstreamLimits;
    if (last?.kind === "end") return { kind: "stopped", exitCode: last.exitCode };
    await removeSocket(ready?.hookHost);
    return last?.kind === "error" ? { ...last, kind: "failed", limits } : judge(exit, limits);
  });
  return {
    ended,
    stop() {
      if (isStopping) return;
      isStopping = true;
      tell("stop", ready?.stopMs ?? quickStopMs);
    },
    hurry() {
      if (isHurrying) return;
      isHurrying = true;
      tell("hurry", quickStopMs);
    },
  };
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

/** How long the last lines may take to come; a program that a driver has left behind keeps the pipe open. */
const lastLinesMs = 500;

function exitOf(child: ChildProcess): Promise<Exit> {
  const { promise, resolve } = Promise.withResolvers<Exit>();
  child.once("exit", (code, signal) => {
    const timer = clock.setTimeout(() => {
      killGroup(child);
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, lastLinesMs);
    child.once("close", () => {
      clock.clearTimeout(timer);
      resolve({ code, signal });
    });
  });
  child.once("error", (error) => resolve({ code: null, signal: null, error }));
  return promise;
}

/** Faults of native code end a process this way; the others are somebody's will. */
const faults: readonly NodeJS.Signals[] = ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS"];

function judge({ code, signal, error }: Exit, limits: RapidFailureLimits): RunEnd {
  if (signal !== null && !faults.includes(signal)) {
    return { kind: "killed", what: `it was killed by ${signal}`, exitCode: 128 + constants.signals[signal] };
  }
  return { kind: "crashed", what: error?.message ?? signal ?? `exit code ${code}`, limits };
}

function readMessage(line: string): RunMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    // Written by our own program; a driver that prints is not it.
    return typeof value === "object" && value !== null && "kind" in value ? (value as RunMessage) : undefined;
  } catch {
    return undefined;
  }
}

/** What a process that died could not remove itself: the directory that it made for its socket. */
async function removeSocket(host: string | undefined): Promise<void> {
  if (host === undefined) return;
  const directory = dirname(host);
  if (basename(host) !== "socket" || !basename(directory).startsWith("jumpstarter-")) return;
  await rm(directory, { recursive: true, force: true }).catch(() => undefined);
}

/** The process and what its drivers started: it leads a group of its own. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined || pid <= 1) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone, which is what was wanted.
  }
}
