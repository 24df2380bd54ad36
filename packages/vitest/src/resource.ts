import { createScope, parseDuration, within, type Duration, type Scope } from "@jumpstarter-ts/core";
import { TestRunner } from "vitest";

import { reportTeardownErrors } from "./worker/state.ts";

export interface ResourceOptions {
  /** How long `setup` may take. Keep it below the timeout of the hook or test in which the fixture is used. Default 60s. */
  readonly setupTimeout?: Duration | number;
  /** How long each clean-up may take unless it says otherwise. Default 5s. */
  readonly cleanUpTimeout?: Duration | number;
}

/** A fixture for the object form of Vitest's `test.extend`. */
export type ResourceFixture<Context, T> = (context: Context, use: (value: T) => Promise<void>) => Promise<void>;

/**
 * Makes a fixture that holds something which must be given back. Whatever `setup` opens it hands to its scope, which
 * closes it on every path: when the setup throws half way, when it takes too long (what it opens afterwards is closed
 * at once), and when the test is over. A clean-up that throws or hangs keeps no other from running; it fails the test
 * once all of them have run.
 *
 * `setup` names the fixtures that it needs by destructuring its first parameter, as every Vitest fixture does:
 *
 * ```ts
 * const test = dutTest("uno").extend<{ log: Log }>({
 *   log: resource("log", async ({ dut }: { dut: Dut }, scope) => scope.use(await openLog(dut))),
 * });
 * ```
 */
export function resource<Context, T>(
  name: string,
  setup: (context: Context, scope: Scope) => T | PromiseLike<T>,
  { setupTimeout = "60s", cleanUpTimeout = "5s" }: ResourceOptions = {},
): ResourceFixture<Context, T> {
  const setupTimeoutMs = parseDuration(setupTimeout);
  const cleanUpTimeoutMs = parseDuration(cleanUpTimeout);
  const fixture: ResourceFixture<Context, T> = async (context, use) => {
    const scope = withDefaultTimeout(createScope(name), cleanUpTimeoutMs);
    try {
      const value = await within((async () => await setup(context, scope))(), {
        what: `the setup of ${name}`,
        timeoutMs: setupTimeoutMs,
        signal: signalOfTest(),
      });
      await use(value);
    } finally {
      reportTeardownErrors(await scope.close());
    }
  };
  // Vitest finds out which fixtures a function needs by reading its source text; it must read the author's.
  Object.defineProperty(fixture, "toString", { value: () => setup.toString() });
  return fixture;
}

/** Ctrl+C must end a setup. Vitest's signal is made once a test: after a timeout it is aborted for every retry too. */
function signalOfTest(): AbortSignal | undefined {
  const signal = TestRunner.getCurrentTest()?.context.signal;
  return signal?.aborted === true ? undefined : signal;
}

function withDefaultTimeout(scope: Scope, timeoutMs: number): Scope {
  return {
    ...scope,
    defer: (cleanUp, options) => scope.defer(cleanUp, { timeoutMs, ...options }),
    use: (held, options) => scope.use(held, { timeoutMs, ...options }),
    child: (name) => withDefaultTimeout(scope.child(name), timeoutMs),
  };
}
