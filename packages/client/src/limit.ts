import { abortedError, clock, formatDuration, JumpstarterError } from "@jumpstarter-ts/core";

/** The end of a call's patience: its signals and its deadline as one signal. */
export interface Limit extends Disposable {
  /** Aborted with the error that the caller shall see. */
  readonly signal: AbortSignal;
  /** Waits for work, but no longer than the signal allows. */
  race<T>(work: PromiseLike<T>): Promise<T>;
  /** From here on there is no deadline: the stream is open. */
  clearDeadline(): void;
}

export interface LimitOptions {
  /** Names the work in the error: `power.on`. */
  readonly what: string;
  /** Those whose reason is passed on as it is: the fence of an attempt, the session's end. */
  readonly fences: readonly (AbortSignal | undefined)[];
  /** The caller's own; its error is `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export function createLimit({ what, fences, signal, timeoutMs }: LimitOptions): Limit {
  const controller = new AbortController();
  const undo: (() => void)[] = [];
  const watch = (watched: AbortSignal | undefined, errorOf: (reason: unknown) => unknown): void => {
    if (watched === undefined) return;
    const onAbort = (): void => controller.abort(errorOf(watched.reason));
    if (watched.aborted) return onAbort();
    watched.addEventListener("abort", onAbort, { once: true });
    undo.push(() => watched.removeEventListener("abort", onAbort));
  };
  for (const fence of fences) watch(fence, (reason) => reason);
  watch(signal, (reason) => abortedError(what, reason));
  const timer =
    timeoutMs === undefined || !Number.isFinite(timeoutMs)
      ? undefined
      : clock.setTimeout(() => controller.abort(timeoutError(what, timeoutMs)), timeoutMs);

  return {
    signal: controller.signal,
    clearDeadline: () => clock.clearTimeout(timer),
    async race(work) {
      const { promise: cut, reject } = Promise.withResolvers<never>();
      const onAbort = (): void => reject(controller.signal.reason);
      if (controller.signal.aborted) onAbort();
      else controller.signal.addEventListener("abort", onAbort, { once: true });
      try {
        return await Promise.race([cut, work]);
      } finally {
        controller.signal.removeEventListener("abort", onAbort);
      }
    },
    [Symbol.dispose]() {
      clock.clearTimeout(timer);
      for (const stop of undo.splice(0)) stop();
    },
  };
}

function timeoutError(what: string, timeoutMs: number): JumpstarterError {
  return new JumpstarterError(`${what} did not finish within ${formatDuration(timeoutMs)}`, {
    code: "deadline-exceeded",
    reason: "TIMEOUT",
  });
}
