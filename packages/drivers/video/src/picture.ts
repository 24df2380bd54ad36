import { JumpstarterError } from "@jumpstarter-ts/core";

/** A decoded picture: red, green and blue, a byte each, row by row from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** More pixels than any screen has: what a broken header could ask memory for. */
export const mostPixels = 32 * 1024 ** 2;

export function unreadable(kind: "JPEG" | "PNG", why: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(`the ${kind} cannot be decoded: ${why}`, {
    code: "invalid-argument",
    reason: "VIDEO_UNREADABLE",
    cause,
  });
}
