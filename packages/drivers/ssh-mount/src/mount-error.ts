import { JumpstarterError, type ErrorCode } from "@jumpstarter-ts/core";

const codes = {
  MOUNT_FAILED: "failed-precondition",
  MOUNT_TIMEOUT: "deadline-exceeded",
  UNMOUNT_FAILED: "failed-precondition",
} as const satisfies Readonly<Record<string, ErrorCode>>;

export function mountError(reason: keyof typeof codes, message: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(message, { code: codes[reason], reason, cause });
}
