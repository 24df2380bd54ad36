import { JumpstarterError, type ErrorCode } from "@jumpstarter-ts/core";

/**
 * Upstream's driver answers a sentence whether it did it or not. What does not begin as success does is an error here,
 * because a test that goes on without its mock tests something else.
 */
export function assertSaid(said: string, success: RegExp, what: string): void {
  if (!success.test(said)) throw refusal(said, what);
}

/** For what has several ways to say that it is done, as there may have been nothing to do. */
export const anythingButFailure = /^(?!error|invalid|failed)/i;

export function refusal(said: string, what: string): JumpstarterError {
  return new JumpstarterError(`${what} was refused: ${said}`, { code: codeOf(said), reason: "MITMPROXY_REFUSED" });
}

function codeOf(said: string): ErrorCode {
  if (/^already running|^not running/i.test(said)) return "failed-precondition";
  if (/not found/i.test(said)) return "not-found";
  if (/invalid|unknown|required|must be/i.test(said)) return "invalid-argument";
  return "unavailable";
}
