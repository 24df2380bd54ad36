import { isJumpstarterError, JumpstarterError } from "@jumpstarter-ts/core";
import { fromStatus, rpcStatusOf } from "@jumpstarter-ts/protocol";

export interface WireErrorOptions {
  /** Names the call: `power.on`. */
  readonly what: string;
  readonly host: string;
  /** True if "not found" means that the driver lacks the method, which is what it means to Python exporters. */
  readonly isDriverCall?: boolean;
}

/** The error of a failed call as one sentence; the code and the reason are the exporter's where it gave them. */
export function wireError(thrown: unknown, { what, host, isDriverCall = false }: WireErrorOptions): JumpstarterError {
  const isFirstHand = !isJumpstarterError(thrown);
  const error = fromStatus(thrown, `${what} failed`);
  const said = withoutNoise(rpcStatusOf(error)?.details ?? "");
  const tell = (sentence: string, code: JumpstarterError["code"], reason: string): JumpstarterError =>
    new JumpstarterError(`${what} failed: ${said === "" ? sentence : `${sentence}: ${said}`}`, {
      code,
      reason,
      // Without a word of its own it would only add noise.
      cause: said === "" ? undefined : error.cause,
    });
  switch (error.reason) {
    // A call that we end ourselves never comes here: this one was cut by the exporter.
    case "RPC_CANCELLED":
    case "RPC_UNAVAILABLE":
    case "PEER_UNREACHABLE":
      return tell(`the exporter at ${host} does not answer any more`, "unavailable", "EXPORTER_UNAVAILABLE");
    case "RPC_FAILED_PRECONDITION":
      return tell("the exporter is not ready", "failed-precondition", "EXPORTER_NOT_READY");
    case "RPC_UNAUTHENTICATED":
      return tell(
        `the exporter at ${host} wants another passphrase (JMP_GRPC_PASSPHRASE)`,
        "permission-denied",
        "PASSPHRASE_REFUSED",
      );
    case "RPC_UNIMPLEMENTED":
    case "RPC_NOT_FOUND":
    case "METHOD_UNKNOWN":
    case "METHOD_OF_OTHER_KIND":
      if (isDriverCall) return tell("the driver does not offer it", "unsupported", "METHOD_UNSUPPORTED");
      break;
    default:
  }
  if (isFirstHand || error.message.startsWith(`${what} `)) return error;
  return new JumpstarterError(`${what} failed: ${error.message}`, {
    code: error.code,
    reason: error.reason,
    cause: error.cause,
  });
}

/** What grpc-js puts around the one thing that tells something: `connect ECONNREFUSED /run/x.sock`. */
function withoutNoise(details: string): string {
  if (details === "Call cancelled") return "";
  return details
    .replace(/^No connection established\. Last error: (?:Error: )?/, "")
    .replace(/\.? Resolution note: ?$/, "");
}
