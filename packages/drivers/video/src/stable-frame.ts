import { abortedError, clock, JumpstarterError, within, type CallOptions } from "@jumpstarter-ts/core";

import { comparePictures, type CompareOptions, type Comparison } from "./compare.ts";
import { decodeImage } from "./decode.ts";
import type { Picture } from "./picture.ts";

export interface StableFrameOptions extends CompareOptions {
  /** How long the picture has to stay as it is, in milliseconds. Default 500. */
  readonly quietMs?: number;
  /** How long to wait for that. Default 30 seconds. */
  readonly timeoutMs?: number;
  /** Between two looks. Default 100 milliseconds. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

/** What has pictures: a camera, a screen grabber. */
export interface FrameSource {
  snapshot(options?: CallOptions): Promise<Uint8Array>;
}

/** A picture that has stayed as it is. */
export interface StableFrame {
  /** As the camera gave it. */
  readonly bytes: Uint8Array;
  readonly picture: Picture;
}

/**
 * Waits until a picture stays as it is. It is compared with the first one of its kind, so that a slow fade counts as a
 * change, too. Throws `deadline-exceeded` (`VIDEO_NOT_STABLE`) with what changed last.
 */
export async function waitForStableFrame(
  source: FrameSource,
  what: string,
  { quietMs = 500, timeoutMs = 30_000, intervalMs = 100, signal, ...compare }: StableFrameOptions = {},
): Promise<StableFrame> {
  const deadline = clock.now() + timeoutMs;
  const limits = signal === undefined ? {} : { signal };
  const look = async (): Promise<StableFrame> => {
    const left = Math.max(1, deadline - clock.now());
    const bytes = await within(source.snapshot(limits), { what: `a picture of ${what}`, timeoutMs: left, signal });
    return { bytes, picture: decodeImage(bytes) };
  };

  let first = await look();
  let since = clock.now();
  let change: Comparison | undefined;
  let changes = 0;
  while (clock.now() - since < quietMs) {
    if (clock.now() >= deadline) throw restless(what, { quietMs, timeoutMs, changes, change });
    await pause(Math.min(intervalMs, quietMs), signal, what);
    const next = await look();
    const isSameSize = next.picture.width === first.picture.width && next.picture.height === first.picture.height;
    const comparison = isSameSize ? comparePictures(next.picture, first.picture, compare) : undefined;
    if (comparison?.isAlike) continue;
    change = comparison;
    changes++;
    first = next;
    since = clock.now();
  }
  return first;
}

interface Restless {
  readonly quietMs: number;
  readonly timeoutMs: number;
  readonly changes: number;
  readonly change: Comparison | undefined;
}

function restless(what: string, { quietMs, timeoutMs, changes, change }: Restless): JumpstarterError {
  const place = change?.region;
  const where = place === undefined ? "" : `, last in ${place.width} × ${place.height} pixels at ${place.x},${place.y}`;
  return new JumpstarterError(
    `the picture of ${what} did not stay as it is for ${quietMs} ms within ${timeoutMs} ms: it changed ${changes} times${where}`,
    { code: "deadline-exceeded", reason: "VIDEO_NOT_STABLE" },
  );
}

async function pause(ms: number, signal: AbortSignal | undefined, what: string): Promise<void> {
  if (signal?.aborted) throw abortedError(`a picture of ${what}`, signal.reason);
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimeout(resolve, ms);
  try {
    await within(promise, { what: `a picture of ${what}`, signal });
  } finally {
    clock.clearTimeout(timer);
  }
}
