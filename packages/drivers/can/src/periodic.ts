import { clock, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import type { canContract } from "./contract.ts";
import { toWire, type CanMessage } from "./message.ts";

/** The signal ends the call, and a task that runs here. */
export interface PeriodicOptions extends CallOptions {
  /** Milliseconds between two messages. */
  readonly periodMs: number;
  /** Milliseconds until it stops by itself. Default: until it is stopped. */
  readonly durationMs?: number;
  /** False leaves the start to `start()`. Default true. */
  readonly isStarted?: boolean;
  /** Makes each message from the one before. It runs here, and so does the sending then, with the network between. */
  readonly modify?: (message: CanMessage) => CanMessage;
}

/** Messages that are sent again and again. Disposing stops it. */
export interface PeriodicTask extends AsyncDisposable {
  start(options?: CallOptions): Promise<void>;
  /** Stopping twice is harmless. Rejects with what broke off a task that runs here. */
  stop(options?: CallOptions): Promise<void>;
}

type CanRemote = Remote<typeof canContract>;

/** Leaves the sending to the exporter, which keeps the period whatever the network does. */
export async function startRemotely(
  remote: CanRemote,
  messages: readonly CanMessage[],
  { periodMs, durationMs, isStarted = true, ...callOptions }: Omit<PeriodicOptions, "modify">,
): Promise<PeriodicTask> {
  const create = (autostart: boolean, options: CallOptions): Promise<string> =>
    remote
      .with(options)
      .call(
        "_send_periodic_internal",
        messages.map(toWire),
        periodMs / 1_000,
        durationMs === undefined ? undefined : durationMs / 1_000,
        autostart,
      );
  let uuid: string | undefined = await create(isStarted, callOptions);
  const stop: PeriodicTask["stop"] = async (options = {}) => {
    if (uuid === undefined) return;
    const stopped = uuid;
    uuid = undefined;
    await remote.with(options).call("_stop_task", stopped);
  };
  return {
    async start(options = {}) {
      // The exporter forgets a task that was stopped.
      if (uuid === undefined) uuid = await create(true, options);
      else await remote.with(options).call("_start_task", uuid);
    },
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** Sends from here, because the messages are made here. */
export function startLocally(
  send: (message: CanMessage) => Promise<void>,
  messages: readonly CanMessage[],
  { periodMs, durationMs = Infinity, isStarted = true, modify, signal }: PeriodicOptions,
): PeriodicTask {
  let running: { readonly controller: AbortController; readonly done: Promise<void> } | undefined;

  function start(): void {
    if (running !== undefined) return;
    const controller = new AbortController();
    const done = repeat(signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]));
    // Told to whoever stops it.
    done.catch(() => undefined);
    running = { controller, done };
  }

  async function repeat(ended: AbortSignal): Promise<void> {
    const next = [...messages];
    const begin = clock.now();
    for (let round = 0; round * periodMs < durationMs; round++) {
      await pauseUntil(begin + round * periodMs, ended);
      const place = round % next.length;
      const message = next[place];
      if (message === undefined || ended.aborted) return;
      const modified = modify?.(message) ?? message;
      next[place] = modified;
      await send(modified);
    }
  }

  if (isStarted) start();
  const stop = async (): Promise<void> => {
    const stopped = running;
    running = undefined;
    stopped?.controller.abort();
    await stopped?.done;
  };
  return { start: async () => start(), stop, [Symbol.asyncDispose]: stop };
}

/** Ends at the time or with the signal. */
async function pauseUntil(time: number, signal: AbortSignal): Promise<void> {
  const leftMs = time - clock.now();
  if (leftMs <= 0 || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, leftMs);
  const onAbort = (): void => resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  await promise;
  clock.clearTimeout(timer);
  signal.removeEventListener("abort", onAbort);
}
