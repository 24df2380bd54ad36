import { JumpstarterError } from "@jumpstarter-ts/core";

/** An image of 32 KiB is some 90 KiB of Intel HEX; what is longer than this is something else. */
export const largestFileBytes = 1_048_576;

/** An Arduino has one thing to flash, so its name says nothing. */
export function checkTarget(target: string | null | undefined): void {
  if (target === undefined || target === null || target === "flash") return;
  throw new JumpstarterError(`an Arduino has no part ${JSON.stringify(target)} to flash: leave the target out`, {
    code: "invalid-argument",
    reason: "FLASH_TARGET_UNKNOWN",
  });
}
