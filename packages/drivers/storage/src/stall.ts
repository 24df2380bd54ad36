import { clock, formatDuration, JumpstarterError } from "@jumpstarter-ts/core";

/** Gives up on work that shows no sign of life, however long it takes while it does. */
export interface StallGuard extends Disposable {
  /** Aborted by a stall, and by the signal that it was made with. */
  readonly signal: AbortSignal;
  /** A sign of life; the next one must come within `timeoutMs`, if given, from now on. */
  alive(timeoutMs?: number): void;
}

export interface StallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Names the work in the error: `flash of boot`. */
  readonly what: string;
  /** Ends the sentence: how far the work was. */
  readonly seen: () => string;
}

export function guardStall({ signal, timeoutMs, what, seen }: StallOptions): StallGuard {
  const stalled = new AbortController();
  let limitMs = timeoutMs;
  let lastAt = clock.now();
  let timer: ReturnType<typeof clock.setTimeout> | undefined;
  // Signs of life come with every chunk, so that they only note the time; the timer looks at it.
  const watch = (): void => {
    clock.clearTimeout(timer);
    if (!Number.isFinite(limitMs)) return;
    const leftMs = lastAt + limitMs - clock.now();
    if (leftMs > 0) timer = clock.setTimeout(watch, leftMs);
    else stalled.abort(stallError(what, limitMs, seen()));
  };
  watch();
  return {
    signal: AbortSignal.any([signal, stalled.signal]),
    alive(nextMs = limitMs) {
      lastAt = clock.now();
      if (nextMs === limitMs) return;
      limitMs = nextMs;
      watch();
    },
    [Symbol.dispose]() {
      clock.clearTimeout(timer);
    },
  };
}

function stallError(what: string, limitMs: number, seen: string): JumpstarterError {
  return new JumpstarterError(
    `${what} stalled: nothing moved for ${formatDuration(limitMs)}, after ${seen}; see the exporter's log, or allow more time`,
    { code: "deadline-exceeded", reason: "FLASH_STALLED" },
  );
}
