import type { Duplex } from "node:stream";

import { abortedError, JumpstarterError, messageOf, within } from "@jumpstarter-ts/core";

import { createQmpReader, encodeQmp, type QmpMessage } from "./qmp-frames.ts";

export interface QmpEvent {
  readonly event: string;
  readonly data: QmpMessage;
}

export interface QmpLimits {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. Default 30 seconds. */
  readonly timeoutMs?: number | undefined;
}

/** QEMU's control socket. Destroying it leaves the machine as it is. */
export interface Qmp {
  /** Throws `invalid-argument` (`QMP_ERROR`) with what QEMU said, `unavailable` (`QMP_CLOSED`) where QEMU has gone. */
  execute(command: string, args?: QmpMessage, limits?: QmpLimits): Promise<unknown>;
  /** Is told of every event until the returned function is called. */
  listen(listener: (event: QmpEvent) => void): () => void;
  close(): void;
}

interface Waiting {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const defaultTimeoutMs = 30_000;

/** Waits for QEMU's greeting and agrees on the capabilities. A stream on which this fails is destroyed. */
export async function openQmp(stream: Duplex, { signal, timeoutMs = defaultTimeoutMs }: QmpLimits = {}): Promise<Qmp> {
  const reader = createQmpReader();
  const waiting = new Map<string, Waiting>();
  const listeners = new Set<(event: QmpEvent) => void>();
  const greeted = Promise.withResolvers<void>();
  greeted.promise.catch(() => undefined);
  let failure: JumpstarterError | undefined;
  let sent = 0;

  const fail = (cause?: unknown): void => {
    failure ??= closedError(cause);
    greeted.reject(failure);
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
    stream.destroy();
  };
  const take = (message: QmpMessage): void => {
    if ("QMP" in message) greeted.resolve();
    else if (typeof message["event"] === "string") {
      const event = { event: message["event"], data: recordOf(message["data"]) };
      for (const listener of listeners) listener(event);
    } else answer(message);
  };
  const answer = (message: QmpMessage): void => {
    const id = String(message["id"]);
    const call = waiting.get(id);
    // One that was given up.
    if (call === undefined) return;
    waiting.delete(id);
    if ("error" in message) call.reject(commandError(call.command, recordOf(message["error"])));
    else call.resolve(message["return"]);
  };

  stream.on("data", (chunk: Uint8Array) => {
    try {
      for (const message of reader.push(chunk)) take(message);
    } catch (error) {
      fail(error);
    }
  });
  stream.on("error", fail);
  stream.once("end", () => fail());
  stream.once("close", () => fail());
  if (stream.destroyed) fail();

  const execute: Qmp["execute"] = async (command, args, limits = {}) => {
    if (failure !== undefined) throw failure;
    if (limits.signal?.aborted) throw abortedError(`QEMU's ${command}`, limits.signal.reason);
    const id = `${++sent}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    waiting.set(id, { command, resolve, reject });
    stream.write(encodeQmp({ execute: command, id, ...(args === undefined ? {} : { arguments: args }) }));
    try {
      return await within(promise, { timeoutMs: defaultTimeoutMs, what: `QEMU's ${command}`, ...limits });
    } finally {
      waiting.delete(id);
    }
  };

  try {
    await within(greeted.promise, { signal, timeoutMs, what: "QEMU's greeting" });
    await execute("qmp_capabilities", undefined, { signal, timeoutMs });
  } catch (error) {
    stream.destroy();
    throw error;
  }
  return {
    execute,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => stream.destroy(),
  };
}

function commandError(command: string, error: QmpMessage): JumpstarterError {
  const said = typeof error["desc"] === "string" ? error["desc"] : JSON.stringify(error);
  return new JumpstarterError(`QEMU refused ${command}: ${said}`, { code: "invalid-argument", reason: "QMP_ERROR" });
}

function closedError(cause: unknown): JumpstarterError {
  const why = cause === undefined ? "" : `: ${messageOf(cause)}`;
  return new JumpstarterError(`QEMU's control socket has closed${why}`, {
    code: "unavailable",
    reason: "QMP_CLOSED",
    cause,
  });
}

/** Empty for what is no object: QEMU leaves the data of some events out. */
export function recordOf(value: unknown): QmpMessage {
  // Objects that JSON made are records of what they hold.
  return typeof value === "object" && value !== null ? (value as QmpMessage) : {};
}
