import { formatDuration, isJumpstarterError, JumpstarterError } from "@jumpstarter-ts/core";

import { comparePictures, describeDifference, type CompareOptions } from "./compare.ts";
import { lookAt, type Look, type PictureSource } from "./picture-source.ts";
import type { Picture } from "./picture.ts";

export interface SameOptions extends CompareOptions {
  /** How long to wait. Default 30 seconds. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Waits until this is shown. Throws `deadline-exceeded` (`PICTURE_DIFFERS`) with what was different at last. */
export async function waitForSame<T extends Look>(
  source: PictureSource<T>,
  reference: Picture,
  { timeoutMs = 30_000, signal, ...compare }: SameOptions = {},
): Promise<T> {
  using looks = lookAt(source, { timeoutMs, signal });
  let last = "";
  try {
    for (;;) {
      const seen = await looks.next(timeoutMs);
      if (seen === undefined) continue;
      const comparison = comparePictures(seen.picture, reference, compare);
      if (comparison.isAlike) return seen;
      last = describeDifference(seen.picture, reference, comparison, compare);
    }
  } catch (cause) {
    const isTimeout = isJumpstarterError(cause) && cause.reason === "TIMEOUT";
    if (!isTimeout || last === "") throw cause;
    throw new JumpstarterError(
      `${source.what} did not show the expected picture within ${formatDuration(timeoutMs)}: at last ${last}`,
      { code: "deadline-exceeded", reason: "PICTURE_DIFFERS", cause },
    );
  }
}
