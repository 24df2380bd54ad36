/**
 * What the caller can do about an error. A closed set, the same on every layer and on the wire.
 *
 * | code | the caller |
 * |---|---|
 * | `invalid-argument` | mends the call |
 * | `not-found` | mends the name or selector |
 * | `failed-precondition` | does the other thing first (lease, power) |
 * | `permission-denied` | asks the bench's owner |
 * | `unsupported` | takes another driver |
 * | `unavailable` | tries again, or opens anew |
 * | `deadline-exceeded` | looks at what was seen, or waits longer |
 * | `cancelled` | asked for it |
 * | `internal` | files a bug: it is ours |
 */
export type ErrorCode = (typeof errorCodes)[number];

export const errorCodes = [
  "invalid-argument",
  "not-found",
  "failed-precondition",
  "permission-denied",
  "unsupported",
  "unavailable",
  "deadline-exceeded",
  "cancelled",
  "internal",
] as const;

export interface JumpstarterErrorOptions {
  readonly code: ErrorCode;
  /** Stable, upper case, listed in the README of the package that throws it: `CONSOLE_NO_MATCH`. */
  readonly reason: string;
  readonly cause?: unknown;
}

/** Marks our errors across copies of this package and across realms, where `instanceof` is blind. */
const brand = Symbol.for("@jumpstarter-ts/core/error");

/**
 * The one error of Jumpstarter for TypeScript. Its message is one sentence: what, to which thing, what was seen, what
 * to do. Its `code` says what the caller can do, its `reason` never changes between releases, its `cause` is kept.
 */
export class JumpstarterError extends Error {
  override readonly name = "JumpstarterError";
  readonly code: ErrorCode;
  readonly reason: string;

  constructor(message: string, { code, reason, cause }: JumpstarterErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.reason = reason;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** True for every {@link JumpstarterError}, also for one made by another copy of this package. */
export function isJumpstarterError(error: unknown): error is JumpstarterError {
  return typeof error === "object" && error !== null && brand in error;
}

/**
 * The sentence of any thrown value. One of ours is complete by itself; a foreign error is followed by its causes, joined
 * by `: `, unless its message holds them already.
 */
export function messageOf(error: unknown): string {
  if (isJumpstarterError(error)) return error.message;
  if (!(error instanceof Error)) return String(error);
  const own = error.message === "" ? error.name : error.message;
  if (error.cause === undefined || error.cause === null) return own;
  const inner = messageOf(error.cause);
  return own.includes(inner) ? own : `${own}: ${inner}`;
}
