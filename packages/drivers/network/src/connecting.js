import { once } from "node:events";
import { isJumpstarterError, JumpstarterError, messageOf, within } from "@jumpstarter-ts/core";
export const connectTimeoutMs = 30_000;
/** Ties a stream to its scope and to the call that opened it: whichever ends first destroys the stream. */
export function hold(stream, { scope, signal, what }) {
  const held = scope.child(what);
  const stop = () => {
    stream.destroy();
  };
  held.defer(() => destroyed(stream), { what: "close" });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  // A socket whose error nobody listens to would end the exporter's process; whoever reads or writes is told anyway.
  stream.on("error", () => {});
  stream.once("close", () => {
    signal.removeEventListener("abort", stop);
    void held.close();
  });
  return stream;
}
/** Resolves once the stream has emitted `event`; else destroys it and says in one sentence why it is not open. */
export async function opened(stream, { event, scope, signal, what, timeoutMs = connectTimeoutMs }) {
  try {
    await within(once(stream, event), { what, timeoutMs, signal: AbortSignal.any([signal, scope.signal]) });
    return stream;
  } catch (cause) {
    stream.destroy();
    throw connectError(what, cause);
  }
}
/** What a failed connection says; an error that the call's own signal made is passed on. */
export function connectError(what, cause) {
  const explain = (code, reason, seen) => new JumpstarterError(`the ${what} failed: ${seen}`, { code, reason, cause });
  if (isJumpstarterError(cause)) {
    if (cause.reason !== "TIMEOUT") return cause;
    return explain("unavailable", "CONNECTION_TIMEOUT", `${cause.message}; is the device up, and on this network?`);
  }
  switch (errnoOf(cause)) {
    case "ECONNREFUSED":
      return explain("unavailable", "CONNECTION_REFUSED", "it was refused, nothing listens there (yet)");
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return explain("unavailable", "HOST_NOT_FOUND", "the exporter's name service does not know the host");
    case "ETIMEDOUT":
      return explain("unavailable", "CONNECTION_TIMEOUT", "the host did not answer; is it up, and on this network?");
    case "ENOENT":
      return explain("unavailable", "SOCKET_NOT_FOUND", "there is no such socket (yet)");
    case "EACCES":
    case "EPERM":
      return explain("permission-denied", "CONNECTION_DENIED", "the user that runs the exporter may not open it");
    default:
      return explain("unavailable", "CONNECTION_FAILED", messageOf(cause));
  }
}
async function destroyed(stream) {
  if (stream.closed) return;
  const closed = Promise.withResolvers();
  stream.once("close", closed.resolve);
  stream.destroy();
  await closed.promise;
}
/** Node's error code; when several addresses were tried, that of the last, which the others led to. */
function errnoOf(cause) {
  if (cause instanceof AggregateError && cause.errors.length > 0) return errnoOf(cause.errors.at(-1));
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return undefined;
  return typeof cause.code === "string" ? cause.code : undefined;
}
//# sourceMappingURL=connecting.js.map
