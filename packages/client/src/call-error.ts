import { isJumpstarterError, JumpstarterError, messageOf } from "@jumpstarter-ts/core";

interface Named {
  /** Dotted from the root of the session. */
  readonly path: string;
  readonly method: string;
}

/** `power.on`, and only the method on the root. */
export function nameOf({ path, method }: Named): string {
  return path === "" ? method : `${path}.${method}`;
}

/**
 * The one sentence of a failed call. What the limit says comes first: the rest is its consequence. Errors of ours are
 * made anew, because only here they get a stack that leads to the caller and not into the wire's event loop.
 */
export function explain(call: Named, thrown: unknown, signal: AbortSignal, host: string): unknown {
  const what = nameOf(call);
  if (signal.aborted) return isTimeout(signal.reason) ? restate(signal.reason, signal.reason.message) : signal.reason;
  if (!isJumpstarterError(thrown)) {
    return new JumpstarterError(`${what} failed: ${messageOf(thrown)}`, {
      code: "internal",
      reason: "CALL_FAILED",
      cause: thrown,
    });
  }
  const { message, code } = thrown;
  // Our own sentences name the call already.
  if (message.startsWith(`${what} `) || (call.path !== "" && message.includes(what))) return restate(thrown, message);
  const where = message.includes(host) || code !== "unavailable" ? "" : ` (exporter at ${host})`;
  return restate(thrown, `${what} failed: ${message}${where}`);
}

/** The same error with a stack that leads to the caller of now. */
export function restate({ code, reason, cause }: JumpstarterError, message: string): JumpstarterError {
  return new JumpstarterError(message, { code, reason, cause });
}

function isTimeout(reason: unknown): reason is JumpstarterError {
  return isJumpstarterError(reason) && reason.reason === "TIMEOUT";
}
