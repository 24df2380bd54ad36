import { spawn, type ChildProcess, type ChildProcessByStdio } from "node:child_process";
import { rm } from "node:fs/promises";
import { Socket } from "node:net";
import { basename, dirname } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

import { abortedError, clock, errorCodes, JumpstarterError, within, type ErrorCode } from "@jumpstarter-ts/core";

import { nodeFlags } from "./node-flags.ts";

export interface SpawnExporterOptions {
  readonly configFile: string;
  /** Ends the start; once the exporter is up, `close()` ends it. */
  readonly signal?: AbortSignal;
  /** Default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What a relative configuration path starts from, and where drivers are looked for too. */
  readonly cwd?: string;
  /** Is told every line that the exporter logs. */
  readonly onLog?: (line: string) => void;
}

/** An exporter in a process of its own, which outlives neither `close()` nor this process. */
export interface SpawnedExporter extends AsyncDisposable {
  /** For `JUMPSTARTER_HOST`. */
  readonly host: string;
  readonly pid: number;
  /** Resolves when the process is gone, however it ended; never rejects. */
  readonly exited: Promise<ExporterExit>;
  /** Lets the drivers reach their safe state, and waits for the end. Harmless twice. */
  close(): Promise<ExporterExit>;
}

export interface ExporterExit {
  /** Absent where a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A little more than the process gives itself. */
const closeMs = 11_000;

/** The first line that a process started ahead reads. */
export interface HostOrder {
  readonly configFile: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A process that has loaded what an exporter needs, and waits to be told which one. It has opened nothing yet. */
export interface PreparedExporter extends Disposable {
  /** Once. It is started where the process was, whatever `cwd` says here. */
  start(options: Omit<SpawnExporterOptions, "cwd">): Promise<SpawnedExporter>;
}

/** Loads an exporter's process before anybody knows whether it is needed: it starts in half the time then. */
export function prepareExporter(where: Pick<SpawnExporterOptions, "cwd"> = {}): PreparedExporter {
  const { child, exited } = startHost([], { ...where, env: process.env });
  const pipes = [child.stdin, child.stdout, child.stderr].filter((pipe) => pipe instanceof Socket);
  const handles = [child, ...pipes];
  // It must not keep its parent from ending.
  for (const handle of handles) handle.unref();
  return {
    start({ env = process.env, ...options }) {
      if (child.exitCode !== null || child.signalCode !== null) return spawnExporter({ ...options, env, ...where });
      for (const handle of handles) handle.ref();
      const order: HostOrder = { configFile: options.configFile, env: definedOf(env) };
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return follow(child, exited, options);
    },
    [Symbol.dispose]: () => void child.stdin.end(),
  };
}

/**
 * Starts an exporter in its own process group, where a terminal's Ctrl+C does not reach it. It notices the end of this
 * process, and then closes its drivers by itself. What keeps it from starting is thrown with its own code and reason.
 */
export async function spawnExporter(options: SpawnExporterOptions): Promise<SpawnedExporter> {
  const { configFile, signal, env = process.env, cwd } = options;
  if (signal?.aborted) throw abortedError("the start of the exporter", signal.reason);
  const { child, exited } = startHost(["--exporter-config", configFile], { env, cwd });
  return follow(child, exited, options);
}

type Host = ChildProcessByStdio<Writable, Readable, Readable>;

function startHost(
  args: readonly string[],
  { env, cwd }: { readonly env: NodeJS.ProcessEnv; readonly cwd?: string | undefined },
): { readonly child: Host; readonly exited: Promise<ExporterExit> } {
  const program = fileURLToPath(import.meta.resolve("@jumpstarter-ts/exporter/host-process"));
  const child = spawn(process.execPath, [...nodeFlags, program, ...args], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...env },
    cwd,
  });
  // Broken by a process that is gone, which `exited` tells.
  child.stdin.on("error", () => undefined);
  return { child, exited: exitOf(child) };
}

/** Waits until the exporter serves. */
async function follow(
  child: Host,
  exited: Promise<ExporterExit>,
  { signal, onLog }: Pick<SpawnExporterOptions, "signal" | "onLog">,
): Promise<SpawnedExporter> {
  const stderr = tailOf(child, onLog);
  const close = closer(child, exited);
  try {
    const line = await within(firstLine(child, exited, stderr), { signal, what: "the start of the exporter" });
    const host = readLine(line);
    const gone = exited.then(async (exit) => {
      await removeSocket(host);
      return exit;
    });
    const closed = async (): Promise<ExporterExit> => {
      await close();
      return gone;
    };
    return {
      host,
      pid: child.pid ?? 0,
      exited: gone,
      close: closed,
      [Symbol.asyncDispose]: async () => void (await closed()),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function definedOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function exitOf(child: ChildProcess): Promise<ExporterExit> {
  const { promise, resolve } = Promise.withResolvers<ExporterExit>();
  child.once("exit", (code, signal) => resolve({ code, signal }));
  child.once("error", () => resolve({ code: null, signal: null }));
  return promise;
}

function closer(child: ChildProcess, exited: Promise<ExporterExit>): () => Promise<ExporterExit> {
  let closing: Promise<ExporterExit> | undefined;
  return () =>
    (closing ??= (async () => {
      child.stdin?.end();
      const timer = clock.setTimeout(() => killGroup(child), closeMs);
      try {
        return await exited;
      } finally {
        clock.clearTimeout(timer);
      }
    })());
}

/** What a process that died could not remove itself: the directory that it made for its socket. */
async function removeSocket(host: string): Promise<void> {
  const directory = dirname(host);
  if (basename(host) !== "socket" || !basename(directory).startsWith("jumpstarter-")) return;
  try {
    await rm(directory, { recursive: true, force: true });
  } catch {
    // Left behind, but nobody's business: the session is over.
  }
}

/** The process and what its drivers started: it leads a group of its own. */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone, which is what was wanted.
  }
}

const maxLineLength = 64 * 1024;
const maxTailLength = 4 * 1024;

async function firstLine(child: ChildProcess, exited: Promise<ExporterExit>, stderr: () => string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    if (text.length < maxLineLength) text += chunk;
    if (text.includes("\n")) resolve(text);
  });
  const line = await Promise.race([promise, exited]);
  if (typeof line === "string") return line;
  // The last of its output may come after its end.
  await new Promise((resolve) =>
    child.stdout?.closed === false ? child.stdout.once("close", resolve) : resolve(null),
  );
  if (text.includes("\n")) return text;
  throw new JumpstarterError(
    `the exporter ended (${line.signal ?? `exit ${line.code}`}) before it was ready${stderr()}`,
    {
      code: "internal",
      reason: "EXPORTER_DIED",
    },
  );
}

/** The last of what the process logged, for the error of one that does not start. */
function tailOf({ stderr }: ChildProcess, onLog: ((line: string) => void) | undefined): () => string {
  let tail = "";
  let rest = "";
  stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    tail = `${tail}${chunk}`.slice(-maxTailLength);
    const lines = `${rest}${chunk}`.split("\n");
    rest = (lines.pop() ?? "").slice(-maxLineLength);
    for (const line of lines) onLog?.(line);
  });
  return () => (tail.trim() === "" ? "" : `: ${tail.trim()}`);
}

function readLine(text: string): string {
  const said: unknown = JSON.parse(text.slice(0, text.indexOf("\n")));
  if (isRecord(said) && typeof said["host"] === "string") return said["host"];
  const error = isRecord(said) && isRecord(said["error"]) ? said["error"] : {};
  throw new JumpstarterError(String(error["message"]), {
    code: errorCodes.find((code): code is ErrorCode => code === error["code"]) ?? "internal",
    reason: String(error["reason"]),
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
