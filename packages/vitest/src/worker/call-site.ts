/** Told of a call that has failed. */
export type OnFailure = (error: unknown, call: string) => void;

/**
 * The same clients, whose failures point at the line of the test that called them: what fails in a timer, or when an
 * answer comes, has no way back to its caller by itself. `onFailure` is
 * told which call it was: `console.waitFor("login:")`.
 */
export function withCallSites<T extends object>(real: T, onFailure?: OnFailure, path = ""): T {
  const wrapped = new Map<unknown, unknown>();
  const wrap = (name: string | symbol): unknown => {
    const value: unknown = Reflect.get(real, name);
    if (!wrapped.has(value)) {
      const inner = `${path}${path === "" ? "" : "."}${String(name)}`;
      wrapped.set(
        value,
        typeof value === "function" ? wrapFunction(value, real, inner, onFailure) : wrapInner(value, inner),
      );
    }
    return wrapped.get(value);
  };
  const wrapInner = (value: unknown, inner: string): unknown =>
    isPlain(value) ? withCallSites(value, onFailure, inner) : value;
  const handler: ProxyHandler<object> = {
    get: (_target, name) => wrap(name),
    has: (_target, name) => Reflect.has(real, name),
    ownKeys: () => Reflect.ownKeys(real),
    getOwnPropertyDescriptor(_target, name) {
      const own = Reflect.getOwnPropertyDescriptor(real, name);
      return own === undefined
        ? undefined
        : { enumerable: own.enumerable ?? false, configurable: true, get: () => wrap(name) };
    },
  };
  // Stands for the real object in all that one does with a client; the target is a dummy, as a frozen one has a say.
  return new Proxy({}, handler) as T;
}

function wrapFunction(call: Function, owner: object, path: string, onFailure: OnFailure | undefined): unknown {
  const wrapper = (...args: unknown[]): unknown => {
    const site: { stack?: string } = {};
    Error.captureStackTrace(site, wrapper);
    const result: unknown = Reflect.apply(call, owner, args);
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      pointAt(error, site);
      onFailure?.(error, `${path}(${shown(args)})`);
      throw error;
    });
  };
  return wrapper;
}

/** What a call was about, as far as that fits: a text or a pattern. */
function shown([first, ...more]: readonly unknown[]): string {
  if (typeof first === "string") return JSON.stringify(first.slice(0, 80));
  if (first instanceof RegExp) return String(first);
  return first === undefined && more.length === 0 ? "" : "…";
}

/** Puts the caller's frames where the error's own were: those are of no use to a test's author. */
export function pointAt(error: unknown, { stack }: { readonly stack?: string }): void {
  if (!(error instanceof Error) || stack === undefined) return;
  const frames = stack.slice(stack.indexOf("\n    at "));
  error.stack = `${error.name}: ${error.message}${frames}`;
}

/** Adds the caller's frames below the error's own. */
export function addFrames(error: Error, { stack }: { readonly stack?: string }): void {
  if (stack !== undefined) error.stack = `${error.stack ?? error.message}${stack.slice(stack.indexOf("\n    at "))}`;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
