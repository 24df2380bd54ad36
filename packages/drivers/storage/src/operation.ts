import { abortedError, isJumpstarterError } from "@jumpstarter-ts/core";

/**
 * Work that takes a while: await it for its result, iterate it for its progress, or both; it runs once, and it runs
 * whether or not anyone looks. A failure reaches whoever awaits and whoever iterates.
 *
 * A slow reader of the progress sees the newest report, not every one. Leaving the loop early does not end the work:
 * `cancel()`, the signal and `await using` do.
 */
export interface Operation<T, P> extends Promise<T>, AsyncIterable<P>, AsyncDisposable {
  /** The newest report; undefined before the first. */
  readonly progress: P | undefined;
  /** Ends the work with `cancelled` (`ABORTED`); harmless when it is over. */
  cancel(reason?: unknown): void;
}

export interface OperationContext<P> {
  /** Aborted by `cancel()` and by the caller's signal. */
  readonly signal: AbortSignal;
  report(progress: P): void;
}

export interface OperationOptions {
  readonly signal?: AbortSignal | undefined;
  /** Names the work in an error: `flash of boot`. */
  readonly what: string;
}

/** Starts the work at once. `run` must end soon after its signal is aborted: nobody is told before it has. */
export function startOperation<T, P>(
  run: (context: OperationContext<P>) => Promise<T>,
  { signal: callerSignal, what }: OperationOptions,
): Operation<T, P> {
  const stopped = new AbortController();
  const signal = callerSignal === undefined ? stopped.signal : AbortSignal.any([callerSignal, stopped.signal]);
  const news = createNews<P>();

  const result = (async (): Promise<T> => {
    try {
      if (signal.aborted) throw abortedError(what, signal.reason);
      return await run({ signal, report: (progress) => news.tell(progress) });
    } catch (error) {
      throw signal.aborted && isTornDown(error) ? abortedError(what, signal.reason) : error;
    } finally {
      news.end();
    }
  })();

  async function* reports(): AsyncGenerator<P> {
    yield* news.follow();
    await result;
  }

  const views: Omit<Operation<T, P>, "progress"> = {
    // eslint-disable-next-line unicorn/no-thenable -- an operation is awaited.
    then: (onResult, onError) => result.then(onResult, onError),
    catch: (onError) => result.catch(onError),
    finally: (onEnd) => result.finally(onEnd),
    [Symbol.toStringTag]: "Operation",
    [Symbol.asyncIterator]() {
      // This reader learns of a failure from its loop.
      result.catch(() => undefined);
      return reports();
    },
    cancel: (reason) => stopped.abort(reason),
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await result.catch(() => undefined);
    },
  };
  return Object.defineProperties(views as Operation<T, P>, {
    progress: { get: () => news.newest(), enumerable: true },
  });
}

/** However work was torn down, it was the abort that ended it; unless it has more to say than that it broke off. */
function isTornDown(error: unknown): boolean {
  return !isJumpstarterError(error) || error.code === "cancelled" || error.code === "unavailable";
}

interface News<P> {
  tell(progress: P): void;
  end(): void;
  newest(): P | undefined;
  follow(): AsyncGenerator<P>;
}

function createNews<P>(): News<P> {
  let newest: { readonly progress: P } | undefined;
  let isOver = false;
  let waiting: PromiseWithResolvers<void> | undefined;
  const wake = (): void => {
    waiting?.resolve();
    waiting = undefined;
  };
  return {
    tell(progress) {
      newest = { progress };
      wake();
    },
    end() {
      isOver = true;
      wake();
    },
    newest: () => newest?.progress,
    async *follow() {
      let seen: typeof newest;
      for (;;) {
        if (newest !== undefined && newest !== seen) {
          seen = newest;
          yield newest.progress;
        } else if (isOver) return;
        else await (waiting ??= Promise.withResolvers()).promise;
      }
    },
  };
}
