import { isJumpstarterError, JumpstarterError, type ErrorCode } from "@jumpstarter-ts/core";

export type FlashReason =
  "FLASH_COMMAND_FAILED" | "FLASH_NO_TARGET" | "FLASH_BAD_OPTION" | "FLASH_GAVE_UP" | "FLASH_NO_EXIT_CODE";

const codes = {
  FLASH_COMMAND_FAILED: "failed-precondition",
  FLASH_NO_EXIT_CODE: "unavailable",
  FLASH_NO_TARGET: "invalid-argument",
  FLASH_BAD_OPTION: "invalid-argument",
  FLASH_GAVE_UP: "unavailable",
} as const satisfies Readonly<Record<FlashReason, ErrorCode>>;

export function flashError(reason: FlashReason, message: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(message, { code: codes[reason], reason, cause });
}

/** What would fail in the same way again. */
const lasting: ReadonlySet<ErrorCode> = new Set([
  "invalid-argument",
  "permission-denied",
  "unsupported",
  "not-found",
  "cancelled",
]);

export function isWorthRetrying(error: unknown): boolean {
  return !isJumpstarterError(error) || !lasting.has(error.code);
}
