import { clock, type ByteStream, type CallOptions } from "@jumpstarter-ts/core";

import { explain, nameOf } from "./call-error.ts";
import { createLimit, type Limit } from "./limit.ts";
import type { WireOptions } from "./wire.ts";

/** One use of a device, as hooks see it. */
export interface DeviceCall {
  /** Dotted from the root of the session. */
  readonly path: string;
  readonly method: string;
  readonly kind: "unary" | "streaming" | "bytes";
  /** As the caller gave them. */
  readonly args: readonly unknown[];
}

/** How a use of a device ended. For a stream, its end. */
export interface DeviceCallOutcome extends DeviceCall {
  readonly durationMs: number;
  /** Absent for success. */
  readonly error?: unknown;
}

/** What a view adds to every call, stream and wait that is made through it. */
export interface ViewHooks {
  /**
   * The fence. Once aborted, everything that is made or still runs through the view rejects with the signal's reason,
   * and its open streams are destroyed.
   */
  readonly signal?: AbortSignal;
  /** Runs before each use of a device; the call waits for it, and what it throws the caller gets. */
  readonly beforeCall?: (call: DeviceCall) => void | Promise<void>;
  /** Runs after each use of a device. It must not throw. */
  readonly afterCall?: (outcome: DeviceCallOutcome) => void;
  /** Attached to each gRPC call. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Where the consoles of the view look from at first: default is the moment at which the view is made. */
  readonly consoleSince?: "start" | "now";
  /** Written into the recordings of all consoles when the view is made: `test "boots" starts`. */
  readonly note?: string;
}

/** The way to the devices of a session: whatever passes obeys the fence, the limits and the hooks. */
export interface Access {
  /** Names the exporter in an error. */
  readonly host: string;
  readonly fences: readonly AbortSignal[];
  run<T>(call: DeviceCall, options: CallOptions, work: (wire: WireOptions) => Promise<T>): Promise<T>;
  iterate<T>(call: DeviceCall, options: CallOptions, work: (wire: WireOptions) => AsyncIterable<T>): AsyncIterable<T>;
  open(call: DeviceCall, options: CallOptions, work: (wire: WireOptions) => Promise<ByteStream>): Promise<ByteStream>;
}

export interface AccessOptions {
  readonly host: string;
  /** Aborted when the session closes. */
  readonly sessionSignal: AbortSignal;
  readonly hooks?: ViewHooks;
}

export function createAccess({ host, sessionSignal, hooks = {} }: AccessOptions): Access {
  const fences = hooks.signal === undefined ? [sessionSignal] : [hooks.signal, sessionSignal];
  const limitOf = (call: DeviceCall, options: CallOptions): Limit =>
    createLimit({ ...options, what: nameOf(call), fences });
  const wireOptions = (limit: Limit, what: string): WireOptions => ({
    signal: limit.signal,
    metadata: hooks.metadata,
    what,
  });
  const start = async (call: DeviceCall, limit: Limit): Promise<(error?: unknown) => void> => {
    limit.signal.throwIfAborted();
    const startedAt = clock.now();
    if (hooks.beforeCall !== undefined) await limit.race(Promise.resolve(hooks.beforeCall(call)));
    limit.signal.throwIfAborted();
    return (error) =>
      hooks.afterCall?.({ ...call, durationMs: clock.now() - startedAt, ...(error === undefined ? {} : { error }) });
  };

  return {
    host,
    fences,
    async run(call, options, work) {
      using limit = limitOf(call, options);
      const finish = await start(call, limit);
      let failure: unknown;
      try {
        return await limit.race(work(wireOptions(limit, nameOf(call))));
      } catch (thrown) {
        failure = explain(call, thrown, limit.signal, host);
        throw failure;
      } finally {
        finish(failure);
      }
    },
    async *iterate(call, options, work) {
      const controller = new AbortController();
      using limit = createLimit({ ...options, what: nameOf(call), fences: [...fences, controller.signal] });
      const finish = await start(call, limit);
      const items = work(wireOptions(limit, nameOf(call)))[Symbol.asyncIterator]();
      let failure: unknown;
      try {
        for (;;) {
          const item = await limit.race(items.next());
          limit.clearDeadline();
          if (item.done === true) return;
          yield item.value;
        }
      } catch (thrown) {
        failure = explain(call, thrown, limit.signal, host);
        throw failure;
      } finally {
        controller.abort();
        finish(failure);
      }
    },
    async open(call, options, work) {
      const limit = limitOf(call, options);
      let finish: ((error?: unknown) => void) | undefined;
      try {
        finish = await start(call, limit);
        const opening = work(wireOptions(limit, nameOf(call)));
        // What opens after the caller has left is closed at once.
        void opening.then(
          (late) => limit.signal.aborted && late.destroy(),
          () => undefined,
        );
        const stream = await limit.race(opening);
        limit.clearDeadline();
        // The wire ends the stream with the limit's signal; here the limit ends with the stream.
        const over = finish;
        stream.once("close", () => {
          limit[Symbol.dispose]();
          over(stream.errored ?? undefined);
        });
        return stream;
      } catch (thrown) {
        limit[Symbol.dispose]();
        // Refused before anything was opened: by the fence or by a hook, in their own words.
        if (finish === undefined) throw thrown;
        const error = explain(call, thrown, limit.signal, host);
        finish(error);
        throw error;
      }
    },
  };
}
