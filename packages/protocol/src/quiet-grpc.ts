import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";

/** Every failure reaches the caller as an error; grpc-js also prints it to stderr, unless GRPC_VERBOSITY asks for more. */
export function quietGrpc(): void {
  if (process.env["GRPC_VERBOSITY"] === undefined && process.env["GRPC_TRACE"] === undefined) {
    setLogVerbosity(logVerbosity.NONE);
  }
}
