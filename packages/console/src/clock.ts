import { clock } from "@jumpstarter-ts/core";

const { setImmediate: realSetImmediate, clearImmediate: realClearImmediate } = globalThis;

/** The longest delay a timer of the platform can hold; longer waits have no clock of their own. */
const longestDelayMs = 2 ** 31 - 1;

/**
 * Calls `action` once, `delayMs` from now on the real clock, after whatever input has arrived in the meantime was
 * delivered: when the event loop was held up, timers run before sockets are read, and a wait would end with its bytes
 * at the door.
 */
export function after(delayMs: number, action: () => void): Disposable {
  if (delayMs > longestDelayMs) return { [Symbol.dispose]: () => undefined };
  let immediate: NodeJS.Immediate | undefined;
  const timer = clock.setTimeout(() => {
    immediate = realSetImmediate(action);
  }, delayMs);
  return {
    [Symbol.dispose]: () => {
      clock.clearTimeout(timer);
      if (immediate !== undefined) realClearImmediate(immediate);
    },
  };
}
