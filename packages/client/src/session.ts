import type { Recorder } from "@jumpstarter-ts/console";
import { createScope, JumpstarterError, type AnyDefinition } from "@jumpstarter-ts/core";

import { createAccess, type ViewHooks } from "./access.ts";
import { createConsoles, type Consoles, type ConsoleStart } from "./consoles.ts";
import { allDevices, createDevice, findDevice, type Device } from "./device.ts";
import { followLogs } from "./exporter-logs.ts";
import { readStatus, waitUntilReady } from "./exporter-status.ts";
import { createLimit } from "./limit.ts";
import type { ReportNode } from "./report-tree.ts";
import type { LogRecord, SessionStatus, Wire } from "./wire.ts";

export interface WaitOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** The devices of a session and what is recorded of them: what a session and each view of it offer. */
export interface SessionView {
  /** The group of everything that the exporter exports. */
  readonly root: Device;
  /**
   * The device at a dotted path: `grp.power`. Throws `not-found` (`DEVICE_NOT_FOUND`) with the names that are there and
   * the nearest one.
   */
  device(path: string): Device;
  /**
   * The recording of a device's console, for evidence; recorded from now on if it was not yet. `method` is the
   * definition's own console, else `connect`. A stream that ended and was opened again has a new recording.
   */
  consoleRecorder(path: string, method?: string): Recorder;
  /**
   * Opens and records the console of every device that has one by its definition; resolves when the exporter has opened
   * them, so that nothing that comes after it is missed. Rejects if one cannot be opened.
   */
  recordConsoles(): Promise<void>;
  /** All recordings of the session, those that have ended included, oldest first. */
  consoleRecorders(): readonly Recorder[];
  /**
   * The same tree behind a fence: for one attempt of one test. What is made through the view ends with the view's
   * signal; consoles share the session's recordings and have cursors of their own.
   */
  view(hooks: ViewHooks): SessionView;
}

/** A connection to one exporter. Closing it ends every call, stream and recording that was made through it. */
export interface Session extends SessionView, AsyncDisposable {
  /** Where the exporter is, as given to `connect`. */
  readonly host: string;
  status(options?: WaitOptions): Promise<SessionStatus>;
  /** Waits until the exporter takes calls, by default for five minutes. */
  waitUntilReady(options?: WaitOptions): Promise<SessionStatus>;
  /** What the exporter logs, the last 256 records before included. Two readers would share the records. */
  logs(options?: { readonly signal?: AbortSignal }): AsyncIterable<LogRecord>;
  /**
   * Tells a lab's exporter that the lease's work is done, so that it may tidy the bench. `isEnding` is false for an
   * exporter that holds no lease.
   */
  endSession(options?: WaitOptions): Promise<{ readonly isEnding: boolean; readonly message: string }>;
}

export interface SessionOptions {
  readonly wire: Wire;
  readonly tree: ReportNode;
  /** By client label. */
  readonly definitions: ReadonlyMap<string, AnyDefinition>;
}

const readyTimeoutMs = 300_000;
const statusTimeoutMs = 5_000;

/** Makes a session of a wire; the session closes it. */
export function createSession({ wire, tree, definitions }: SessionOptions): Session {
  const scope = createScope(`the session with ${wire.host}`);
  scope.use(wire, { what: "close the connection" });
  const consoles = createConsoles({ wire, signal: scope.signal });
  const make = (hooks: ViewHooks, since: ConsoleStart): SessionView =>
    createView({ wire, tree, definitions, consoles, sessionSignal: scope.signal, hooks, since, make });

  const limited = async <T>(
    what: string,
    { signal, timeoutMs }: WaitOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    using limit = createLimit({ what, fences: [scope.signal], signal, timeoutMs });
    return await limit.race(work(limit.signal));
  };

  return {
    ...make({}, new Map()),
    host: wire.host,
    status: (options = {}) =>
      limited("the exporter's status", { timeoutMs: statusTimeoutMs, ...options }, (signal) =>
        readStatus(wire, { signal }),
      ),
    waitUntilReady: (options = {}) =>
      limited(`the exporter at ${wire.host}`, { timeoutMs: readyTimeoutMs, ...options }, (signal) =>
        waitUntilReady(wire, signal),
      ),
    logs: ({ signal } = {}) =>
      followLogs(wire, signal === undefined ? scope.signal : AbortSignal.any([signal, scope.signal])),
    endSession: (options = {}) =>
      limited("the end of the session", { timeoutMs: statusTimeoutMs, ...options }, (signal) =>
        wire.endSession({ signal }),
      ),
    async [Symbol.asyncDispose]() {
      const [failure] = await scope.close(
        new JumpstarterError(`the session with ${wire.host} is closed`, {
          code: "cancelled",
          reason: "SESSION_CLOSED",
        }),
      );
      if (failure !== undefined) throw failure;
    },
  };
}

interface ViewOptions extends SessionOptions {
  readonly consoles: Consoles;
  readonly sessionSignal: AbortSignal;
  readonly hooks: ViewHooks;
  readonly since: ConsoleStart;
  readonly make: (hooks: ViewHooks, since: ConsoleStart) => SessionView;
}

function createView(options: ViewOptions): SessionView {
  const { wire, tree, definitions, consoles, sessionSignal, hooks, since, make } = options;
  const access = createAccess({ host: wire.host, sessionSignal, hooks });
  const root = createDevice(tree, {
    wire,
    access,
    definitions,
    console: (node, method) => consoles.face(node, method, access, since),
    note: (text) => consoles.note(text),
  });
  return {
    root,
    device: (path) => findDevice(root, path),
    consoleRecorder: (path, method) => {
      const { definition } = findDevice(root, path);
      return consoles.record(nodeAt(tree, path), method ?? definition?.console ?? "connect").recorder;
    },
    async recordConsoles() {
      const opened = [...allDevices(root)].flatMap(({ path, definition }) =>
        definition?.console === undefined
          ? []
          : [
              access.run({ path, method: definition.console, kind: "bytes", args: [] }, {}, async () => {
                await consoles.record(nodeAt(tree, path), definition.console ?? "connect").opened;
              }),
            ],
      );
      await Promise.all(opened);
    },
    consoleRecorders: () => [...consoles.recorders()],
    view: (more) => {
      const start: ConsoleStart = more.consoleSince === "start" ? new Map() : consoles.now();
      if (more.note !== undefined) consoles.note(more.note);
      return make(nested(hooks, more), start);
    },
  };
}

/** A view of a view obeys both. */
function nested(outer: ViewHooks, inner: ViewHooks): ViewHooks {
  const signals = [inner.signal, outer.signal].filter((signal) => signal !== undefined);
  return {
    ...inner,
    ...(signals.length === 0 ? {} : { signal: signals.length === 1 ? signals[0] : AbortSignal.any(signals) }),
    metadata: { ...outer.metadata, ...inner.metadata },
    async beforeCall(call) {
      await outer.beforeCall?.(call);
      await inner.beforeCall?.(call);
    },
    afterCall(outcome) {
      inner.afterCall?.(outcome);
      outer.afterCall?.(outcome);
    },
  };
}

/** The node of a device that was found. */
function nodeAt(tree: ReportNode, path: string): ReportNode {
  let node = tree;
  for (const name of path === "" ? [] : path.split(".")) node = node.children.get(name) ?? node;
  return node;
}
