import { randomUUID } from "node:crypto";

import { clock, JumpstarterError, messageOf, within, type Scope } from "@jumpstarter-ts/core";
import { ExporterStatus, LogSource, type GetStatusResponse } from "@jumpstarter-ts/protocol";

import type { Device } from "./device.ts";
import { createLogQueue, type LogQueue, type LogRecord } from "./log-queue.ts";

/** A tree of open drivers, and everything that runs on it. */
export interface Session {
  readonly uuid: string;
  readonly logs: LogQueue;
  /** Absent until the drivers are open. */
  readonly root: Device | undefined;
  /** Puts the open drivers into service. */
  serve(root: Device): void;
  /** The device that a client names; throws `not-found` (`DEVICE_UNKNOWN`). */
  device(uuid: string): Device;
  status(): GetStatusResponse;
  setStatus(status: ExporterStatus, message?: string): void;
  /** Throws `failed-precondition` (`NOT_READY`) unless the status allows driver calls. */
  checkReady(): void;
  readonly log: (record: LogRecord) => void;
  /**
   * Runs one piece of work for one client. The signal is aborted when the client goes or the session closes, and the
   * answer does not wait for work that ignores it.
   */
  run<T>(client: RpcCall, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Is told when the session closes; the answer forgets it. */
  onClose(listener: (reason: JumpstarterError) => void): () => void;
  /** Ends all work, closes the drivers, and then the logs. What went wrong is returned. */
  close(): Promise<readonly JumpstarterError[]>;
}

/** What of a gRPC call tells that its client is gone. */
export interface RpcCall {
  readonly cancelled: boolean;
  on(event: "cancelled", listener: (reason: string) => void): unknown;
  off(event: "cancelled", listener: (reason: string) => void): unknown;
}

export interface SessionOptions {
  /** What the drivers were opened in. */
  readonly scope: Scope;
  /** Is told every record, beside the clients that read logs. */
  readonly onLog?: ((record: LogRecord) => void) | undefined;
}

/** How long a driver may take to notice that its call is over before it is closed under it. */
const settleMs = 1_000;

export function createSession({ scope, onLog }: SessionOptions): Session {
  const logs = createLogQueue();
  const devices = new Map<string, Device>();
  const listeners = new Set<(reason: JumpstarterError) => void>();
  const working = new Set<Promise<unknown>>();
  let root: Device | undefined;
  let state: GetStatusResponse = { status: ExporterStatus.EXPORTER_STATUS_AVAILABLE, statusVersion: 0 };
  let closing: Promise<readonly JumpstarterError[]> | undefined;

  const log: Session["log"] = (record) => {
    logs.push(record);
    onLog?.(record);
  };

  const onClose: Session["onClose"] = (listener) => {
    if (closing !== undefined) listener(closedError());
    else listeners.add(listener);
    return () => listeners.delete(listener);
  };

  const run: Session["run"] = async (client, what, work) => {
    const controller = new AbortController();
    const onCancelled = (): void =>
      controller.abort(
        new JumpstarterError(`${what}: the client is gone`, { code: "cancelled", reason: "CLIENT_GONE" }),
      );
    client.on("cancelled", onCancelled);
    if (client.cancelled) onCancelled();
    const forget = onClose((reason) => controller.abort(reason));
    const result = work(controller.signal);
    const settled: Promise<unknown> = result.then(
      () => working.delete(settled),
      () => working.delete(settled),
    );
    working.add(settled);
    try {
      return await within(result, { signal: controller.signal, what });
    } finally {
      client.off("cancelled", onCancelled);
      forget();
    }
  };

  const close = async (): Promise<readonly JumpstarterError[]> => {
    const reason = closedError();
    for (const listener of listeners) listener(reason);
    listeners.clear();
    await settle(working);
    const failures = await scope.close(reason);
    for (const failure of failures) {
      log({ severity: "ERROR", message: messageOf(failure), source: LogSource.LOG_SOURCE_SYSTEM, logger: "exporter" });
    }
    logs.close();
    return failures;
  };

  return {
    uuid: randomUUID(),
    logs,
    get root() {
      return root;
    },
    serve(tree) {
      root = tree;
      for (const device of withDescendants(tree)) devices.set(device.uuid, device);
    },
    device(uuid) {
      const found = devices.get(uuid.toLowerCase());
      if (found !== undefined) return found;
      throw new JumpstarterError(
        `this session has no device ${JSON.stringify(uuid)}: read the report anew, for every session has its own`,
        { code: "not-found", reason: "DEVICE_UNKNOWN" },
      );
    },
    status: () => state,
    setStatus(status, message) {
      state = { status, message, statusVersion: state.statusVersion + 1, previousStatus: state.status };
    },
    checkReady() {
      if (readyStatuses.has(state.status) && closing === undefined) return;
      throw new JumpstarterError(`the exporter is not ready for driver calls: its status is ${nameOf(state.status)}`, {
        code: "failed-precondition",
        reason: "NOT_READY",
      });
    },
    log,
    run,
    onClose,
    close: () => (closing ??= close()),
  };
}

const readyStatuses: ReadonlySet<ExporterStatus> = new Set([
  ExporterStatus.EXPORTER_STATUS_BEFORE_LEASE_HOOK,
  ExporterStatus.EXPORTER_STATUS_LEASE_READY,
  ExporterStatus.EXPORTER_STATUS_AFTER_LEASE_HOOK,
]);

function nameOf(status: ExporterStatus): string {
  return Object.entries(ExporterStatus).find(([, value]) => value === status)?.[0] ?? String(status);
}

function* withDescendants(device: Device): Generator<Device> {
  yield device;
  for (const child of device.children.values()) yield* withDescendants(child);
}

function closedError(): JumpstarterError {
  return new JumpstarterError("the session is closed", { code: "unavailable", reason: "SESSION_CLOSED" });
}

/** Waits for work that was told to stop, and gives up on work that does not listen. */
async function settle(working: ReadonlySet<Promise<unknown>>): Promise<void> {
  if (working.size === 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, settleMs);
  try {
    await Promise.race([Promise.allSettled(working), promise]);
  } finally {
    clock.clearTimeout(timer);
  }
}
