import { JumpstarterError, type ErrorCode } from "@jumpstarter-ts/core";

export type BundleReason =
  | "FLASHER_BUNDLE_INVALID"
  | "FLASHER_BUNDLE_MISSING"
  | "FLASHER_BUNDLE_TOO_LARGE"
  | "FLASHER_BUNDLE_REFUSED"
  | "FLASHER_NO_VARIANT"
  | "FLASHER_REGISTRY"
  | "FLASHER_DIGEST_MISMATCH"
  | "FLASHER_CACHE";

const codes = {
  FLASHER_BUNDLE_INVALID: "invalid-argument",
  FLASHER_BUNDLE_MISSING: "not-found",
  FLASHER_BUNDLE_TOO_LARGE: "invalid-argument",
  FLASHER_BUNDLE_REFUSED: "permission-denied",
  FLASHER_NO_VARIANT: "invalid-argument",
  FLASHER_REGISTRY: "unavailable",
  FLASHER_DIGEST_MISMATCH: "unavailable",
  FLASHER_CACHE: "failed-precondition",
} as const satisfies Readonly<Record<BundleReason, ErrorCode>>;

export function bundleError(reason: BundleReason, message: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(message, { code: codes[reason], reason, cause });
}
