import { Metadata, status as Status, type ServiceError, type StatusObject } from "@grpc/grpc-js";
import { errorCodes, isJumpstarterError, JumpstarterError, messageOf, type ErrorCode } from "@jumpstarter-ts/core";

/** What a server hands to grpc-js to end a call. */
export interface RpcFailure {
  readonly code: Status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** A gRPC status as it arrived, without grpc-js's stack; the `cause` of the error that {@link fromStatus} makes. */
export interface RpcStatus {
  readonly status: Status;
  readonly details: string;
}

/** Trailing metadata that carries our error codes between peers of this project; others ignore it. */
export const codeKey = "x-jmp-code";
export const reasonKey = "x-jmp-reason";

/** Longest text of a failure, counted as it travels (percent-encoded): peers refuse 8 KiB of headers. */
export const maxDetailsBytes = 4096;

/** The status that a call ends with when `error` was thrown while serving it. */
export function toStatus(error: unknown): RpcFailure {
  const metadata = new Metadata();
  const details = fitDetails(messageOf(error));
  if (!isJumpstarterError(error)) return { code: Status.UNKNOWN, details, metadata };
  metadata.set(codeKey, error.code);
  if (reasonPattern.test(error.reason)) metadata.set(reasonKey, error.reason);
  return { code: statusOfCode[error.code], details, metadata };
}

/**
 * The error of a failed call. `context` names the call and begins the sentence: `power.on() failed`. Code and reason
 * are the server's own where it is of this project; else they follow from the status, the reason as `RPC_NOT_FOUND`.
 * An error that is ours already comes back as it is.
 */
export function fromStatus(error: unknown, context: string): JumpstarterError {
  if (isJumpstarterError(error)) return error;
  if (!isServiceError(error)) {
    return new JumpstarterError(`${context}: ${messageOf(error)}`, {
      code: "internal",
      reason: "RPC_UNEXPECTED",
      cause: error,
    });
  }
  const name = Status[error.code] ?? String(error.code);
  const details = error.details === "" ? name : error.details;
  return new JumpstarterError(`${context}: ${details}`, {
    code: sentCode(error.metadata) ?? codeOfStatus[error.code] ?? "internal",
    reason: sentReason(error.metadata) ?? `RPC_${name}`,
    cause: bareStatus(error.code, error.details),
  });
}

/** The gRPC status behind an error that {@link fromStatus} made (or grpc-js itself); undefined for any other. */
export function rpcStatusOf(error: unknown): RpcStatus | undefined {
  if (isServiceError(error)) return { status: error.code, details: error.details };
  if (!(error instanceof Error)) return undefined;
  if (isBareStatus(error)) return { status: error.status, details: error.details };
  return rpcStatusOf(error.cause);
}

const statusOfCode: Readonly<Record<ErrorCode, Status>> = {
  "invalid-argument": Status.INVALID_ARGUMENT,
  "not-found": Status.NOT_FOUND,
  "failed-precondition": Status.FAILED_PRECONDITION,
  "permission-denied": Status.PERMISSION_DENIED,
  unsupported: Status.UNIMPLEMENTED,
  unavailable: Status.UNAVAILABLE,
  "deadline-exceeded": Status.DEADLINE_EXCEEDED,
  cancelled: Status.CANCELLED,
  // What a Python exporter answers for any exception that has no code of its own.
  internal: Status.UNKNOWN,
};

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  [Status.CANCELLED]: "cancelled",
  [Status.UNKNOWN]: "internal",
  [Status.INVALID_ARGUMENT]: "invalid-argument",
  [Status.DEADLINE_EXCEEDED]: "deadline-exceeded",
  [Status.NOT_FOUND]: "not-found",
  [Status.ALREADY_EXISTS]: "failed-precondition",
  [Status.PERMISSION_DENIED]: "permission-denied",
  // Among these peers only a message over the size limit ends so.
  [Status.RESOURCE_EXHAUSTED]: "invalid-argument",
  [Status.FAILED_PRECONDITION]: "failed-precondition",
  [Status.ABORTED]: "unavailable",
  [Status.OUT_OF_RANGE]: "invalid-argument",
  [Status.UNIMPLEMENTED]: "unsupported",
  [Status.INTERNAL]: "internal",
  [Status.UNAVAILABLE]: "unavailable",
  [Status.DATA_LOSS]: "internal",
  [Status.UNAUTHENTICATED]: "permission-denied",
};

const reasonPattern = /^[A-Z][A-Z0-9_]{0,63}$/;

function sentCode(metadata: Metadata | undefined): ErrorCode | undefined {
  const [sent] = metadata?.get(codeKey) ?? [];
  return errorCodes.find((code) => code === sent);
}

function sentReason(metadata: Metadata | undefined): string | undefined {
  const [sent] = metadata?.get(reasonKey) ?? [];
  return typeof sent === "string" && reasonPattern.test(sent) ? sent : undefined;
}

function isServiceError(error: unknown): error is Pick<ServiceError, "code" | "details"> & Partial<StatusObject> {
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    typeof error.code === "number" &&
    "details" in error &&
    typeof error.details === "string"
  );
}

function bareStatus(status: Status, details: string): Error & RpcStatus {
  const name = Status[status] ?? String(status);
  const error = Object.assign(new Error(details === "" ? name : details), { status, details });
  error.name = `gRPC ${name}`;
  // The frames would be those of grpc-js's event loop: nobody's.
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

function isBareStatus(error: Error): error is Error & RpcStatus {
  return error.name.startsWith("gRPC ") && "status" in error && "details" in error;
}

/** grpc-js percent-encodes the text with encodeURI, which throws on half a surrogate pair. */
function fitDetails(text: string): string {
  const whole = text.toWellFormed();
  if (encodeURI(whole).length <= maxDetailsBytes) return whole;
  let size = encodedEllipsis;
  let kept = "";
  for (const character of whole) {
    size += encodeURI(character).length;
    if (size > maxDetailsBytes) break;
    kept += character;
  }
  return `${kept}…`;
}

const encodedEllipsis = encodeURI("…").length;
