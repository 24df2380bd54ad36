import { within } from "./deadline.ts";
import { isJumpstarterError, JumpstarterError, messageOf } from "./errors.ts";

export interface CleanUpOptions {
  /** Milliseconds this clean-up may take before the next one starts. Default 5000. */
  readonly timeoutMs?: number;
  /** Names the clean-up in an error: `close /dev/ttyUSB0`. */
  readonly what?: string;
}

/**
 * Holds what was opened and closes it on every path, newest first. Each clean-up has its own deadline; one that
 * throws or hangs never keeps the others from running. Closing twice is harmless.
 */
export interface Scope extends AsyncDisposable {
  readonly name: string;
  /** Aborted as the first thing when the scope closes. */
  readonly signal: AbortSignal;
  /** Runs `cleanUp` when the scope closes; at once if it is closed already, so that nothing late is left behind. */
  defer(cleanUp: () => unknown, options?: CleanUpOptions): void;
  /** Disposes of the resource when the scope closes, and returns it. */
  use<T extends AsyncDisposable | Disposable>(resource: T, options?: CleanUpOptions): T;
  /** A scope that closes with this one, or earlier. */
  child(name: string): Scope;
  /** Closes everything. Never rejects: what went wrong is returned, one error a failed clean-up. */
  close(reason?: unknown): Promise<readonly JumpstarterError[]>;
}

const defaultTimeoutMs = 5_000;

export function createScope(name: string): Scope {
  const controller = new AbortController();
  const cleanUps = new Set<() => Promise<readonly JumpstarterError[]>>();
  const late: JumpstarterError[] = [];
  let closing: Promise<readonly JumpstarterError[]> | undefined;

  const defer: Scope["defer"] = (cleanUp, { timeoutMs = defaultTimeoutMs, what = "clean-up" } = {}) => {
    const run = (): Promise<readonly JumpstarterError[]> => attempt(`${name}: ${what}`, cleanUp, timeoutMs);
    if (closing === undefined) cleanUps.add(run);
    else void run().then((failures) => late.push(...failures));
  };

  const close: Scope["close"] = (reason) => {
    closing ??= (async () => {
      controller.abort(reason ?? new JumpstarterError(`${name} is closed`, { code: "cancelled", reason: "CLOSED" }));
      const failures: JumpstarterError[] = [];
      for (const run of [...cleanUps].toReversed()) failures.push(...(await run()));
      cleanUps.clear();
      return [...failures, ...late];
    })();
    return closing;
  };

  return {
    name,
    signal: controller.signal,
    defer,
    close,
    use(resource, options) {
      defer(() => dispose(resource), options);
      return resource;
    },
    child(childName) {
      const scope = createScope(`${name}/${childName}`);
      const run = (): Promise<readonly JumpstarterError[]> => scope.close(controller.signal.reason);
      if (closing === undefined) {
        cleanUps.add(run);
        scope.defer(() => cleanUps.delete(run));
      } else void run();
      return scope;
    },
    async [Symbol.asyncDispose]() {
      const [first, ...rest] = await close();
      if (first === undefined) return;
      if (rest.length === 0) throw first;
      throw new JumpstarterError([first, ...rest].map(messageOf).join("; "), {
        code: first.code,
        reason: first.reason,
        cause: first,
      });
    },
  };
}

async function attempt(what: string, cleanUp: () => unknown, timeoutMs: number): Promise<readonly JumpstarterError[]> {
  try {
    await within(
      (async () => {
        await cleanUp();
      })(),
      { what, timeoutMs },
    );
    return [];
  } catch (cause) {
    if (isJumpstarterError(cause)) return [cause];
    return [
      new JumpstarterError(`${what} failed: ${messageOf(cause)}`, {
        code: "internal",
        reason: "CLEANUP_FAILED",
        cause,
      }),
    ];
  }
}

async function dispose(resource: AsyncDisposable | Disposable): Promise<void> {
  if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
  else resource[Symbol.dispose]();
}
