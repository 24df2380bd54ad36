import { abortedError, JumpstarterError } from "@jumpstarter-ts/core";

import type { PinChange, PinLevel, PinName, PinReading } from "./pins.ts";

/** The level of a pin as a watcher is told it. */
export interface PinEvent {
  readonly level: PinLevel;
  /** Milliseconds since power-on by the chip's clock; absent for the first event, which tells the level as it is. */
  readonly atMs: number | undefined;
}

/** What a watcher may fall behind before its watch is given up. */
const largestBacklog = 100_000;

export interface PinWatchers {
  watch(pin: PinName, read: () => Promise<PinReading>, signal: AbortSignal | undefined): AsyncGenerator<PinEvent, void>;
  receive(changes: readonly PinChange[], missed: number): void;
  close(error: Error): void;
}

interface Watcher {
  readonly pin: PinName;
  readonly events: PinEvent[];
  failure: Error | undefined;
  wake: () => void;
}

export function createPinWatchers(subscribe: (pins: readonly PinName[]) => Promise<void>): PinWatchers {
  const watchers = new Set<Watcher>();
  const pins = (): PinName[] => [...new Set([...watchers].map(({ pin }) => pin))];

  const fail = (watcher: Watcher, error: Error): void => {
    watcher.failure ??= error;
    watcher.wake();
  };

  return {
    async *watch(pin, read, signal) {
      const watcher: Watcher = { pin, events: [], failure: undefined, wake: () => undefined };
      const onAbort = (): void => fail(watcher, abortedError(`watching ${pin}`, signal?.reason));
      if (signal?.aborted) onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
      watchers.add(watcher);
      try {
        await subscribe(pins());
        const { level } = await read();
        watcher.events.splice(0, watcher.events.length, { level, atMs: undefined });
        for (;;) {
          const event = watcher.events.shift();
          if (event !== undefined) yield event;
          else if (watcher.failure !== undefined) throw watcher.failure;
          else await new Promise<void>((resolve) => (watcher.wake = resolve));
        }
      } finally {
        signal?.removeEventListener("abort", onAbort);
        watchers.delete(watcher);
        subscribe(pins()).catch(() => undefined); // A board that is gone sends nothing anyway.
      }
    },
    receive(changes, missed) {
      for (const watcher of watchers) {
        for (const { pin, level, atMs } of changes) if (pin === watcher.pin) watcher.events.push({ level, atMs });
        if (missed > 0 || watcher.events.length > largestBacklog) fail(watcher, tooFast(watcher.pin));
        else watcher.wake();
      }
    },
    close(error) {
      for (const watcher of watchers) fail(watcher, error);
    },
  };
}

function tooFast(pin: PinName): JumpstarterError {
  return new JumpstarterError(
    `${pin} changes too fast to be watched: watch it while the firmware leaves it alone more`,
    {
      code: "unavailable",
      reason: "PIN_TOO_FAST",
    },
  );
}
