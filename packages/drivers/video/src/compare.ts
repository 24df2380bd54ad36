import { JumpstarterError } from "@jumpstarter-ts/core";

import type { Picture } from "./picture.ts";

/** A part of a picture, in pixels from its upper left corner. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface CompareOptions {
  /** The share of the pixels that may differ, 0 to 1. Default 0.001: one in a thousand. */
  readonly tolerance?: number;
  /** How far a colour of a pixel may be off before the pixel differs, of 255. Default 24: more than a JPEG's noise. */
  readonly channelTolerance?: number;
  /** Parts that are not looked at: a clock, a blinking cursor. */
  readonly ignore?: readonly Region[];
}

export interface Comparison {
  readonly isAlike: boolean;
  readonly differingPixels: number;
  /** Of the pixels that were looked at, 0 to 1. */
  readonly share: number;
  /** Around all pixels that differ; undefined where none does. */
  readonly region: Region | undefined;
}

export const defaultTolerance = 0.001;
const defaultChannelTolerance = 24;

/** Compares two pictures pixel by pixel. Throws `invalid-argument` when their sizes differ. */
export function comparePictures(actual: Picture, expected: Picture, options: CompareOptions = {}): Comparison {
  const { tolerance = defaultTolerance } = options;
  const isDifferent = differing(actual, expected, options);
  const { width, height } = actual;
  let differingPixels = 0;
  let looked = 0;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let pixel = 0; pixel < width * height; pixel++) {
    const found = isDifferent[pixel];
    if (found === ignored) continue;
    looked++;
    if (found !== different) continue;
    differingPixels++;
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  const share = looked === 0 ? 0 : differingPixels / looked;
  return {
    isAlike: share <= tolerance,
    differingPixels,
    share,
    region: right < 0 ? undefined : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 },
  };
}

/** A picture for people: what is alike is pale, what differs red, what was not looked at grey. */
export function drawDifference(actual: Picture, expected: Picture, options: CompareOptions = {}): Picture {
  const isDifferent = differing(actual, expected, options);
  const data = new Uint8Array(actual.data.length);
  for (const [pixel, found] of isDifferent.entries()) {
    const at = pixel * 3;
    const light =
      ((actual.data[at] ?? 0) * 77 + (actual.data[at + 1] ?? 0) * 150 + (actual.data[at + 2] ?? 0) * 29) >> 8;
    const pale = 192 + (light >> 2);
    data.set(found === different ? [255, 0, 0] : found === ignored ? [128, 128, 128] : [pale, pale, pale], at);
  }
  return { width: actual.width, height: actual.height, data };
}

const different = 1;
const ignored = 2;

function differing(actual: Picture, expected: Picture, { channelTolerance, ignore = [] }: CompareOptions): Uint8Array {
  if (actual.width !== expected.width || actual.height !== expected.height) {
    throw new JumpstarterError(
      `the picture has ${actual.width} × ${actual.height} pixels and the other one ${expected.width} × ${expected.height}`,
      { code: "invalid-argument", reason: "VIDEO_SIZES_DIFFER" },
    );
  }
  const most = channelTolerance ?? defaultChannelTolerance;
  const found = new Uint8Array(actual.width * actual.height);
  for (let at = 0; at < actual.data.length; at++) {
    if (Math.abs((actual.data[at] ?? 0) - (expected.data[at] ?? 0)) > most) found[Math.trunc(at / 3)] = different;
  }
  for (const { x, y, width, height } of ignore) {
    for (let row = Math.max(0, y); row < Math.min(actual.height, y + height); row++) {
      const start = row * actual.width;
      found.fill(ignored, start + Math.max(0, x), start + Math.max(0, Math.min(actual.width, x + width)));
    }
  }
  return found;
}
