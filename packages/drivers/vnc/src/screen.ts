import {
  abortedError,
  clock,
  formatDuration,
  isJumpstarterError,
  JumpstarterError,
  within,
  type ByteStream,
} from "@jumpstarter-ts/core";

import { openFramebuffer, type Framebuffer } from "./framebuffer.ts";
import {
  comparePictures,
  describeBox,
  describeDifference,
  isSame,
  type CompareOptions,
  type Comparison,
  type Picture,
  type SameOptions,
} from "./picture.ts";
import { shakeHands, type Rfb, type Screen } from "./rfb.ts";

export interface WaitOptions {
  /** Milliseconds. Default 10 000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StableOptions extends WaitOptions, CompareOptions {
  /** Milliseconds without a change that count as stable. Default 500. */
  readonly quietMs?: number;
}

type Named<T> = T & { readonly what: string };

/** For opening a connection, and again for what is then done with it. */
export const defaultTimeoutMs = 10_000;
const defaultQuietMs = 500;

/** Size and name of a screen. Closes the connection, as the others here do. */
export function readScreen(stream: ByteStream, options: Named<WaitOptions>): Promise<Screen> {
  return talk(stream, options, async ({ screen }) => screen);
}

export function takeSnapshot(stream: ByteStream, options: Named<WaitOptions>): Promise<Picture> {
  return talk(stream, options, async (rfb) => {
    const framebuffer = openFramebuffer(rfb);
    await framebuffer.next();
    return framebuffer.picture();
  });
}

/** Throws `deadline-exceeded` (`VNC_NOT_STABLE`) where the screen goes on changing, and says where. */
export async function waitForStable(
  stream: ByteStream,
  { quietMs = defaultQuietMs, tolerance, region, ignore, ...options }: Named<StableOptions>,
): Promise<Picture> {
  const compare = { ...(tolerance && { tolerance }), ...(region && { region }), ...(ignore && { ignore }) };
  const { timeoutMs = defaultTimeoutMs, what } = options;
  let changes = 0;
  let last: Comparison | undefined;
  const work = async (rfb: Rfb): Promise<Picture> => {
    const framebuffer = openFramebuffer(rfb);
    await framebuffer.next();
    let picture = framebuffer.picture();
    let changedAt = clock.now();
    let news = framebuffer.next();
    for (;;) {
      const hasChanged = await before(news, changedAt + quietMs - clock.now());
      if (hasChanged === undefined) return picture;
      news = framebuffer.next();
      if (!hasChanged) continue;
      const now = framebuffer.picture();
      const comparison = comparePictures(now, picture, compare);
      if (comparison.differing === 0) continue;
      picture = now;
      changedAt = clock.now();
      changes++;
      last = comparison;
    }
  };
  try {
    return await talk(stream, options, work);
  } catch (cause) {
    if (!isTimeout(cause) || last?.box === undefined) throw cause;
    throw new JumpstarterError(
      `${what} was not still for ${formatDuration(quietMs)} within ${formatDuration(timeoutMs)}: ` +
        `it changed ${changes} times, last in the ${describeBox(last.box)}`,
      { code: "deadline-exceeded", reason: "VNC_NOT_STABLE", cause },
    );
  }
}

/** Throws `deadline-exceeded` (`PICTURE_DIFFERS`) where the screen does not show it in time, and says what differs. */
export async function waitForSame(
  stream: ByteStream,
  reference: Picture,
  { mostDiffering, tolerance, region, ignore, ...options }: Named<SameOptions & WaitOptions>,
): Promise<Picture> {
  const compare = { ...(tolerance && { tolerance }), ...(region && { region }), ...(ignore && { ignore }) };
  const { timeoutMs = defaultTimeoutMs, what } = options;
  let seen = "";
  const work = async (rfb: Rfb): Promise<Picture> => {
    const framebuffer: Framebuffer = openFramebuffer(rfb);
    for (;;) {
      if (!(await framebuffer.next())) continue;
      const picture = framebuffer.picture();
      const comparison = comparePictures(picture, reference, compare);
      if (isSame(comparison, mostDiffering)) return picture;
      seen = describeDifference(comparison, picture, reference);
    }
  };
  try {
    return await talk(stream, options, work);
  } catch (cause) {
    if (!isTimeout(cause) || seen === "") throw cause;
    throw new JumpstarterError(
      `${what} did not show the expected picture within ${formatDuration(timeoutMs)}: at last ${seen}`,
      { code: "deadline-exceeded", reason: "PICTURE_DIFFERS", cause },
    );
  }
}

/** Shakes hands, does the work, and closes the connection. */
async function talk<T>(
  stream: ByteStream,
  { what, signal, timeoutMs = defaultTimeoutMs }: Named<WaitOptions>,
  work: (rfb: Rfb) => Promise<T>,
): Promise<T> {
  const onAbort = (): void => void stream.destroy(abortedError(what, signal?.reason));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const working = shakeHands(stream, what).then(work);
    return await within(working, { signal, timeoutMs, what: `the answer of ${what}` });
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stream.destroy();
  }
}

/** What comes before the time is up, or undefined. */
async function before<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = clock.setTimeout(() => resolve(undefined), Math.max(0, ms));
  try {
    return await Promise.race([work, promise]);
  } finally {
    clock.clearTimeout(timer);
  }
}

function isTimeout(error: unknown): boolean {
  return isJumpstarterError(error) && error.reason === "TIMEOUT";
}
