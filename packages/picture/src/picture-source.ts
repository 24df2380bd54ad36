import { abortedError, clock, within } from "@jumpstarter-ts/core";

import type { Picture } from "./picture.ts";

/** A picture that was seen, with whatever else its source tells of it. */
export interface Look {
  readonly picture: Picture;
}

/** What has pictures, one after the other: a camera that is asked, a screen that tells of its changes. */
export interface PictureSource<T extends Look = Look> {
  /** Names it in errors. */
  readonly what: string;
  /**
   * What is shown: at once the first time, and then again within about so many milliseconds; undefined where nothing has
   * changed until then. The signal is aborted when nobody waits any more.
   */
  next(ms: number, signal: AbortSignal): Promise<T | undefined>;
}

/** A source that is asked again and again. */
export function polled<T extends Look>(
  what: string,
  look: (signal: AbortSignal) => Promise<T>,
  { intervalMs }: { readonly intervalMs: number },
): PictureSource<T> {
  let isFirst = true;
  return {
    what,
    async next(ms, signal) {
      if (!isFirst) await pause(Math.min(ms, intervalMs), signal, what);
      isFirst = false;
      return look(signal);
    },
  };
}

export interface WaitLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Looks at a source until the time is up, which rejects with `deadline-exceeded` (`TIMEOUT`). */
export function lookAt<T extends Look>(source: PictureSource<T>, { timeoutMs, signal }: WaitLimits) {
  const deadline = clock.now() + timeoutMs;
  const stop = new AbortController();
  const limits = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  return {
    next(ms: number): Promise<T | undefined> {
      const left = Math.max(0, deadline - clock.now());
      // Also a source that always answers at once comes to an end.
      const seeing = left === 0 ? Promise.withResolvers<undefined>().promise : source.next(ms, limits);
      return within(seeing, { what: `a picture of ${source.what}`, timeoutMs: left, signal });
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}

async function pause(ms: number, signal: AbortSignal, what: string): Promise<void> {
  if (signal.aborted) throw abortedError(`a picture of ${what}`, signal.reason);
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, ms);
  try {
    await within(promise, { what: `a picture of ${what}`, signal });
  } finally {
    clock.clearTimeout(timer);
  }
}
