import {
  JumpstarterError,
  type ConsolePattern,
  type ConsoleWaitOptions,
  type ConsoleWaits,
  type Duration,
} from "@jumpstarter-ts/core";
import type { MatcherState, TestContext } from "vitest";

import { pointAt } from "./worker/call-site.ts";

export interface ToEmitOptions extends ConsoleWaitOptions {
  /** For `not.toEmit`, which needs it: how long the pattern must not show. */
  readonly during?: Duration | number;
}

/** What `expect` offers for a console; for anything else these do not exist. */
export interface ConsoleMatchers<R> {
  /**
   * The console shows the pattern, within 30 seconds or the `timeout`; what it showed since the last successful wait
   * counts. `not.toEmit` watches for as long as `during` says.
   */
  toEmit(pattern: ConsolePattern, options?: ToEmitOptions): R;
  /** The console shows the patterns one after another. */
  toEmitInOrder(patterns: readonly ConsolePattern[], options?: ConsoleWaitOptions): R;
}

type IfConsole<T, Matcher> = T extends ConsoleWaits ? Matcher : never;

declare module "vitest" {
  interface Matchers<R, T> {
    toEmit: IfConsole<T, ConsoleMatchers<Promise<Awaited<R>>>["toEmit"]>;
    toEmitInOrder: IfConsole<T, ConsoleMatchers<Promise<Awaited<R>>>["toEmitInOrder"]>;
  }
}

type State = MatcherState & { readonly task?: TestContext["task"] };
interface Result {
  pass: boolean;
  message: () => string;
}

function toEmit(this: State, received: unknown, pattern: ConsolePattern, options: ToEmitOptions = {}): Promise<Result> {
  return settle(this, toEmit, async () => {
    const console = consoleOf(received, "toEmit");
    if (!this.isNot) await console.waitFor(pattern, options);
    else await console.expectAbsence(pattern, { ...options, during: duringOf(options) });
  });
}

function toEmitInOrder(
  this: State,
  received: unknown,
  patterns: readonly ConsolePattern[],
  options: ConsoleWaitOptions = {},
): Promise<Result> {
  return settle(this, toEmitInOrder, async () => {
    if (this.isNot) {
      throw misuse("not.toEmitInOrder does not exist: use not.toEmit with the pattern that must not show");
    }
    await consoleOf(received, "toEmitInOrder").waitForInOrder(patterns, options);
  });
}

/** For `expect.extend`; the setup file of the plugin does it. */
export const consoleMatchers = { toEmit, toEmitInOrder };

/**
 * A wait that fails rejects with the console's own error, which has all that is known. A matcher whose promise nobody
 * awaits would pass unseen, so the test waits for it too, and fails with it.
 */
function settle({ isNot, task }: State, matcher: Function, wait: () => Promise<void>): Promise<Result> {
  const site: { stack?: string } = {};
  Error.captureStackTrace(site, matcher);
  const result = wait().then(
    (): Result => ({ pass: !isNot, message: () => "" }),
    (error: unknown) => {
      pointAt(error, site);
      throw error;
    },
  );
  if (task === undefined) return result;
  let isAwaited = false;
  const guard = result.then(
    () => undefined,
    (error: unknown) => {
      if (!isAwaited) throw error;
    },
  );
  // Vitest looks at it when the body has returned.
  guard.catch(() => undefined);
  const promised: { promises?: Promise<unknown>[] } = task;
  (promised.promises ??= []).push(guard);
  // Vitest calls then() by itself; what it gets back is what the author awaits, or does not.
  return spied(result, (judged) => {
    judged.catch(() => undefined);
    return spied(judged, (awaited) => {
      isAwaited = true;
      return awaited;
    });
  });
}

/** The same promise, whose every use is told. No real one: `await` does not call the `then` of a real promise. */
function spied<T>(promise: Promise<T>, onUse: <U>(next: Promise<U>) => Promise<U>): Promise<T> {
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- it stands for a promise
    then: (onFulfilled, onRejected) => onUse(promise.then(onFulfilled, onRejected)),
    catch: (onRejected) => onUse(promise.catch(onRejected)),
    finally: (onFinally) => onUse(promise.finally(onFinally)),
    [Symbol.toStringTag]: "Promise",
  };
}

function consoleOf(received: unknown, matcher: string): ConsoleWaits {
  if (typeof received === "object" && received !== null && "waitFor" in received && "expectAbsence" in received) {
    // Nothing else in this project has both; the types have said it already.
    return received as ConsoleWaits;
  }
  throw misuse(`${matcher} takes a console, such as dut.console, and was given ${typeof received}`);
}

function duringOf({ during }: ToEmitOptions): Duration | number {
  if (during !== undefined) return during;
  throw misuse(`not.toEmit needs to know for how long: write { during: "2s" }`);
}

function misuse(sentence: string): JumpstarterError {
  return new JumpstarterError(sentence, { code: "invalid-argument", reason: "MATCHER_MISUSED" });
}
