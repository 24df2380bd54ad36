import { clock, formatDuration, isJumpstarterError, JumpstarterError } from "@jumpstarter-ts/core";

import { comparePictures, type CompareOptions, type Comparison } from "./compare.ts";
import { lookAt, type Look, type PictureSource } from "./picture-source.ts";
import { describeRegion } from "./picture.ts";

export interface StableOptions extends CompareOptions {
  /** How long the picture has to stay as it is, in milliseconds. Default 500. */
  readonly quietMs?: number;
  /** How long to wait for that. Default 30 seconds. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until a picture stays as it is. It is compared with the first one of its kind, so that a slow fade counts as a
 * change, too. Throws `deadline-exceeded`: `PICTURE_NOT_STABLE` with what changed last, or `TIMEOUT` where no picture
 * came, or no second one.
 */
export async function waitForStable<T extends Look>(
  source: PictureSource<T>,
  { quietMs = 500, timeoutMs = 30_000, signal, ...compare }: StableOptions = {},
): Promise<T> {
  using looks = lookAt(source, { timeoutMs, signal });
  let first: T | undefined;
  let since = clock.now();
  let change: Comparison | undefined;
  let changes = 0;
  try {
    for (;;) {
      const left = since + quietMs - clock.now();
      if (first !== undefined && left <= 0) return first;
      const seen = await looks.next(Math.max(0, left));
      if (seen === undefined) continue;
      if (first !== undefined) {
        const comparison = comparePictures(seen.picture, first.picture, compare);
        if (comparison.isAlike) continue;
        change = comparison;
        changes++;
      }
      first = seen;
      since = clock.now();
    }
  } catch (cause) {
    const isTimeout = isJumpstarterError(cause) && cause.reason === "TIMEOUT";
    if (!isTimeout || change?.region === undefined) throw cause;
    throw new JumpstarterError(
      `${source.what} did not stay as it is for ${formatDuration(quietMs)} within ${formatDuration(timeoutMs)}: it ` +
        `changed ${changes} times, last in the ${describeRegion(change.region)}`,
      { code: "deadline-exceeded", reason: "PICTURE_NOT_STABLE", cause },
    );
  }
}
