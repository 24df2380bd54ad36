import { after } from "./clock.ts";
import type { Recording } from "./recording.ts";

/** Why a wait is over without a result: its time, its signal, or the end of the recording. */
export type Ending =
  | { readonly kind: "timeout" }
  | { readonly kind: "cancelled"; readonly cause: unknown }
  | { readonly kind: "ended"; readonly cause: unknown };

/** What a wait asks of the recording each time there is more to see. */
export interface Waiter<T> {
  /** The result, once there is one; throws when it has become impossible. `isLast`: nothing more will be looked at. */
  look(isLast: boolean): { readonly value: T } | undefined;
  /** The error, or the result, of a wait that ends without having seen what it waited for. */
  finish(ending: Ending): { readonly value: T };
  /** Milliseconds after which to look again even if nothing comes. */
  lookAgainMs?(): number;
}

export interface WaitLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Looks until there is a result, a reason to stop, or no time left. Leaves no timer and no listener behind. */
export async function wait<T>(recording: Recording, waiter: Waiter<T>, { timeoutMs, signal }: WaitLimits): Promise<T> {
  if (signal?.aborted) return waiter.finish(abortEnding(signal)).value;
  const first = lookAt(recording, waiter);
  if (first !== undefined) return first.value;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const attempt = (look: () => { readonly value: T } | undefined): void => {
    try {
      const result = look();
      if (result !== undefined) resolve(result.value);
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const onAbort = (): void => attempt(() => waiter.finish(abortEnding(signal)));
  signal?.addEventListener("abort", onAbort, { once: true });
  let again: Disposable | undefined;
  const lookAgain = (): void => {
    if (waiter.lookAgainMs === undefined) return;
    again = after(waiter.lookAgainMs(), () => {
      lookAgain();
      attempt(() => lookAt(recording, waiter));
    });
  };
  try {
    lookAgain();
    using _subscription = recording.subscribe(() => attempt(() => lookAt(recording, waiter)));
    using _deadline = after(timeoutMs, () => attempt(() => waiter.look(true) ?? waiter.finish({ kind: "timeout" })));
    return await promise;
  } finally {
    again?.[Symbol.dispose]();
    signal?.removeEventListener("abort", onAbort);
  }
}

function lookAt<T>(recording: Recording, waiter: Waiter<T>): { readonly value: T } | undefined {
  const { ended } = recording;
  const result = waiter.look(ended !== undefined);
  return result ?? (ended && waiter.finish({ kind: "ended", cause: ended.error }));
}

/** A signal of `AbortSignal.timeout` is a deadline like any other; every other signal is a cancellation. */
function abortEnding(signal: AbortSignal | undefined): Ending {
  const cause: unknown = signal?.reason;
  return cause instanceof Error && cause.name === "TimeoutError" ? { kind: "timeout" } : { kind: "cancelled", cause };
}
