import { abortedError, clock, within, type ByteStream } from "@jumpstarter-ts/core";
import type { Picture, PictureSource } from "@jumpstarter-ts/picture";

import { openFramebuffer, type Framebuffer } from "./framebuffer.ts";
import { shakeHands, type Rfb, type Screen } from "./rfb.ts";

export interface WaitOptions {
  /** Milliseconds. Default 10 000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Named<T> = T & { readonly what: string };

/** For opening a connection, and again for what is then done with it. */
export const defaultTimeoutMs = 10_000;

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

/** Looks at a screen for as long as the work takes. */
export async function watchScreen<T>(
  stream: ByteStream,
  what: string,
  work: (source: PictureSource) => Promise<T>,
): Promise<T> {
  try {
    return await work(screenSource(stream, what));
  } finally {
    stream.destroy();
  }
}

/** Shakes hands at the first look, and waits for the server's news at all others. */
function screenSource(stream: ByteStream, what: string): PictureSource {
  let framebuffer: Framebuffer | undefined;
  let news: Promise<boolean> | undefined;
  return {
    what,
    async next(ms) {
      if (framebuffer === undefined) {
        framebuffer = openFramebuffer(await shakeHands(stream, what));
        await framebuffer.next();
        return { picture: framebuffer.picture() };
      }
      const until = clock.now() + ms;
      for (;;) {
        news ??= framebuffer.next();
        const hasChanged = await before(news, until - clock.now());
        if (hasChanged === undefined) return undefined;
        news = undefined;
        if (hasChanged) return { picture: framebuffer.picture() };
      }
    },
  };
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
