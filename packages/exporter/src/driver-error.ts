import { isJumpstarterError, JumpstarterError, messageOf, type ErrorCode } from "@jumpstarter-ts/core";

/**
 * Gives Node's own errors the code that upstream gives their equals in Python: a timeout, and a peer that is not there.
 * Any other error stays what it is, and is UNKNOWN on the wire. The text is always the driver's.
 */
export function driverError(error: unknown): Error {
  if (isJumpstarterError(error)) return error;
  if (!(error instanceof Error)) return new Error(String(error));
  const found = codeOf(error);
  return found === undefined ? error : new JumpstarterError(messageOf(error), { ...found, cause: error });
}

const unreachable: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
]);

function codeOf(error: Error): { readonly code: ErrorCode; readonly reason: string } | undefined {
  const code = "code" in error ? error.code : undefined;
  if (error.name === "TimeoutError" || code === "ETIMEDOUT")
    return { code: "deadline-exceeded", reason: "DRIVER_TIMEOUT" };
  return unreachable.has(code) ? { code: "unavailable", reason: "DRIVER_PEER_UNREACHABLE" } : undefined;
}
