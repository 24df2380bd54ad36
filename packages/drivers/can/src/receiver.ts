import { clock, isJumpstarterError, within } from "@jumpstarter-ts/core";

export interface ReceiveOptions {
  /** Milliseconds until the answer is `undefined`. Default: no limit; zero only looks. */
  readonly waitMs?: number;
  /** Ends the wait with `cancelled`; a message that comes then is there for the next one. */
  readonly signal?: AbortSignal;
}

export interface Receiver<T> {
  next(options?: ReceiveOptions): Promise<T | undefined>;
}

/** A Python driver goes on waiting when its caller has gone, so no call waits longer than this. */
const longestPollMs = 1_000;

/**
 * Takes messages out of a queue on the exporter. A call that has left is never cut short, because the message that it
 * brings would be lost: it is kept for the next wait.
 */
export function createReceiver<T>(poll: (waitMs: number) => Promise<T | undefined>, what: string): Receiver<T> {
  const arrived: T[] = [];
  let polling: Promise<void> | undefined;

  function startPoll(waitMs: number): Promise<void> {
    const started = poll(waitMs)
      .then((message) => {
        if (message !== undefined) arrived.push(message);
      })
      .finally(() => {
        polling = undefined;
      });
    // Whoever waits is told; with nobody waiting the next call meets the same failure.
    started.catch(() => undefined);
    polling = started;
    return started;
  }

  return {
    async next({ waitMs = Infinity, signal } = {}) {
      const end = clock.now() + waitMs;
      for (let round = 0; ; round++) {
        // Also where a message lies ready: who has given up takes none.
        if (signal?.aborted) await within(Promise.resolve(), { signal, what });
        const message = arrived.shift();
        if (message !== undefined) return message;
        const leftMs = Math.max(0, end - clock.now());
        if (round > 0 && leftMs === 0) return undefined;
        if (polling === undefined) await within(startPoll(Math.min(leftMs, longestPollMs)), { signal, what });
        else await unlessLate(within(polling, { timeoutMs: leftMs, signal, what }));
      }
    },
  };
}

/** The wait on another's poll may end first: the loop looks at the clock. */
async function unlessLate(wait: Promise<void>): Promise<void> {
  try {
    await wait;
  } catch (error) {
    if (!isJumpstarterError(error) || error.reason !== "TIMEOUT") throw error;
  }
}
