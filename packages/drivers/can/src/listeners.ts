import type { ReceivedCanMessage } from "./message.ts";
import type { ReceiveOptions } from "./receiver.ts";

export type CanListener = (message: ReceivedCanMessage) => void;

/** A listener that is being told. Disposing stops it. */
export interface Listening extends AsyncDisposable {
  /** Rejects with what ended the listening before its time, be it the bus or the listener. */
  stop(): Promise<void>;
}

interface Entry {
  readonly listener: CanListener;
  readonly ended: PromiseWithResolvers<void>;
}

/** Any number of listeners, each told of every message: one loop receives for all of them. */
export function createListeners(
  receive: (options: ReceiveOptions) => Promise<ReceivedCanMessage | undefined>,
): (listener: CanListener) => Listening {
  const entries = new Set<Entry>();
  let loop: AbortController | undefined;

  /** Ends the loop with its last listener, so that it takes nothing that another may wait for. */
  function leave(entry: Entry): void {
    entries.delete(entry);
    if (entries.size > 0) return;
    loop?.abort();
    loop = undefined;
  }

  function fail(entry: Entry, failure: unknown): void {
    entry.ended.reject(failure);
    leave(entry);
  }

  async function run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const message = await receive({ signal });
        if (message !== undefined) for (const entry of entries) tell(entry, message);
      }
    } catch (failure) {
      if (!signal.aborted) for (const entry of entries) fail(entry, failure);
    }
  }

  function tell(entry: Entry, message: ReceivedCanMessage): void {
    try {
      entry.listener(message);
    } catch (failure) {
      fail(entry, failure);
    }
  }

  return (listener) => {
    const entry: Entry = { listener, ended: Promise.withResolvers() };
    // Told to whoever stops it.
    entry.ended.promise.catch(() => undefined);
    entries.add(entry);
    if (loop === undefined) {
      loop = new AbortController();
      void run(loop.signal);
    }
    let isStopped = false;
    const stop = async (): Promise<void> => {
      if (isStopped) return;
      isStopped = true;
      leave(entry);
      entry.ended.resolve();
      await entry.ended.promise;
    };
    return { stop, [Symbol.asyncDispose]: stop };
  };
}
