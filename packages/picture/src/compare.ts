import { JumpstarterError } from "@jumpstarter-ts/core";

import { describeRegion, type Picture, type Region } from "./picture.ts";

export interface CompareOptions {
  /** The share of the pixels that may differ, 0 (the default) to 1. */
  readonly mostDiffering?: number;
  /** How far each colour of a pixel may be off before the pixel differs, 0 (the default) to 255. */
  readonly channelTolerance?: number;
  /** Looks at this part only. */
  readonly region?: Region;
  /** Parts that are not looked at: a clock, a blinking cursor. */
  readonly ignore?: readonly Region[];
}

export interface Comparison {
  /** Of the same size, and no more pixels differ than may. */
  readonly isAlike: boolean;
  readonly differingPixels: number;
  /** Out of how many that were looked at. */
  readonly comparedPixels: number;
  /** Around all pixels that differ; undefined where none does. */
  readonly region: Region | undefined;
}

/** More than a JPEG's noise: for pictures of a camera, which are never the same twice. */
export const cameraNoise = { mostDiffering: 0.001, channelTolerance: 24 } as const satisfies CompareOptions;

/** Compares two pictures pixel by pixel. Of pictures of different sizes every pixel differs, whatever is allowed. */
export function comparePictures(picture: Picture, reference: Picture, options: CompareOptions = {}): Comparison {
  const { width, height } = picture;
  if (!isSameSize(picture, reference)) {
    const all = width * height;
    return { isAlike: false, differingPixels: all, comparedPixels: all, region: { x: 0, y: 0, width, height } };
  }
  const marks = mark(picture, reference, options);
  let [differingPixels, comparedPixels] = [0, 0];
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const found = marks[pixel];
      if (found === ignored) continue;
      comparedPixels++;
      if (found !== different) continue;
      differingPixels++;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  const region = { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
  return {
    isAlike: differingPixels <= comparedPixels * (options.mostDiffering ?? 0),
    differingPixels,
    comparedPixels,
    region: differingPixels === 0 ? undefined : region,
  };
}

/**
 * A picture for people: what is alike is pale, what differs red, what was not looked at grey. Throws `invalid-argument`
 * (`PICTURE_SIZES_DIFFER`) for pictures of different sizes.
 */
export function drawDifference(picture: Picture, reference: Picture, options: CompareOptions = {}): Picture {
  if (!isSameSize(picture, reference)) {
    throw new JumpstarterError(
      `no difference can be drawn: ${describeDifference(picture, reference, comparePictures(picture, reference))}`,
      { code: "invalid-argument", reason: "PICTURE_SIZES_DIFFER" },
    );
  }
  const data = new Uint8Array(picture.data.length);
  for (const [pixel, found] of mark(picture, reference, options).entries()) {
    const at = pixel * 3;
    const [red = 0, green = 0, blue = 0] = [picture.data[at], picture.data[at + 1], picture.data[at + 2]];
    const pale = 192 + ((red * 77 + green * 150 + blue * 29) >> 10);
    data.set(found === different ? [255, 0, 0] : found === ignored ? [128, 128, 128] : [pale, pale, pale], at);
  }
  return { width: picture.width, height: picture.height, data };
}

/** How a picture is not the reference, for the sentence of an error. */
export function describeDifference(
  picture: Picture,
  reference: Picture,
  { differingPixels, comparedPixels, region }: Comparison,
  { mostDiffering = 0 }: CompareOptions = {},
): string {
  if (!isSameSize(picture, reference)) {
    return `it has ${picture.width} × ${picture.height} pixels, and not ${reference.width} × ${reference.height}`;
  }
  if (region === undefined) return "no pixel differs";
  const may = mostDiffering > 0 ? `, ${percent(mostDiffering)} may` : "";
  const share = percent(differingPixels / comparedPixels);
  return `${differingPixels} of ${comparedPixels} pixels differ (${share}${may}), all in the ${describeRegion(region)}`;
}

export function isSameSize(one: Picture, other: Picture): boolean {
  return one.width === other.width && one.height === other.height;
}

const different = 1;
const ignored = 2;

/** A mark for each pixel: 0 where it is alike. */
function mark(
  { width, height, data }: Picture,
  reference: Picture,
  { channelTolerance = 0, region, ignore = [] }: CompareOptions,
): Uint8Array {
  const marks = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < marks.length; pixel++) {
    for (let channel = 0; channel < 3; channel++, at++) {
      if (Math.abs((data[at] ?? 0) - (reference.data[at] ?? 0)) > channelTolerance) marks[pixel] = different;
    }
  }
  for (const each of [...(region === undefined ? [] : outside(region)), ...ignore]) {
    for (let row = Math.max(0, each.y); row < Math.min(height, each.y + each.height); row++) {
      const [start, end] = [each.x, each.x + each.width].map((x) => row * width + Math.max(0, Math.min(width, x)));
      marks.fill(ignored, start, end);
    }
  }
  return marks;
}

/** What lies above, below, and on both sides. */
function outside({ x, y, width, height }: Region): Region[] {
  return [
    { x: 0, y: 0, width: Infinity, height: y },
    { x: 0, y: y + height, width: Infinity, height: Infinity },
    { x: 0, y, width: x, height },
    { x: x + width, y, width: Infinity, height },
  ];
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}
