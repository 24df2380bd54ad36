import { isJumpstarterError, JumpstarterError } from "./errors.ts";
import { formatDuration } from "./units.ts";

/** The real clocks, taken at import: a test's fake timers cannot freeze what holds a device. */
export const clock = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  /** Milliseconds on a clock that never goes back. */
  now: performance.now.bind(performance),
} as const;

export interface WithinOptions {
  /** Milliseconds until the wait is given up; absent or infinite means no limit. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Names the work in the error: `power.off()`. */
  readonly what: string;
}

/**
 * Waits for work, but no longer than its deadline or its signal allow. Rejects with `deadline-exceeded` (`TIMEOUT`) or
 * `cancelled` (`ABORTED`). The work itself is not stopped: give it the signal too.
 */
export async function within<T>(work: PromiseLike<T>, { timeoutMs, signal, what }: WithinOptions): Promise<T> {
  const { promise: cut, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(abortedError(what, signal?.reason));
  const timer =
    timeoutMs === undefined || !Number.isFinite(timeoutMs)
      ? undefined
      : clock.setTimeout(() => reject(timeoutError(what, timeoutMs)), timeoutMs);
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, cut]);
  } finally {
    clock.clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** The error of work that was stopped by its signal. An error of ours given as the reason is passed on as it is. */
export function abortedError(what: string, cause?: unknown): JumpstarterError {
  if (isJumpstarterError(cause)) return cause;
  return new JumpstarterError(`${what} was cancelled`, { code: "cancelled", reason: "ABORTED", cause });
}

function timeoutError(what: string, timeoutMs: number): JumpstarterError {
  return new JumpstarterError(`${what} did not finish within ${formatDuration(timeoutMs)}`, {
    code: "deadline-exceeded",
    reason: "TIMEOUT",
  });
}
