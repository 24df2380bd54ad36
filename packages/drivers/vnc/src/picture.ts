import { JumpstarterError } from "@jumpstarter-ts/core";

/** A picture: red, green and blue, a byte each, row by row from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A part of a picture, in pixels from its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface CompareOptions {
  /** How far each colour of a pixel may be off, from 0 (the default) to 255. */
  readonly tolerance?: number;
  /** Compares only this part. */
  readonly region?: Box;
  /** Leaves these parts out: a clock, a cursor that blinks. */
  readonly ignore?: readonly Box[];
}

export interface Comparison {
  /** How many pixels are off by more than the tolerance. */
  readonly differing: number;
  /** Out of how many. */
  readonly compared: number;
  /** The smallest part that holds all that differ; absent where none does. */
  readonly box: Box | undefined;
}

export interface SameOptions extends CompareOptions {
  /** The share of the pixels that may be off by more than the tolerance, from 0 (the default) to 1. */
  readonly mostDiffering?: number;
}

/** Compares two pictures pixel by pixel. Of pictures of different size every pixel differs. */
export function comparePictures(
  picture: Picture,
  reference: Picture,
  { tolerance = 0, region, ignore = [] }: CompareOptions = {},
): Comparison {
  const { width, height, data } = picture;
  if (width !== reference.width || height !== reference.height) {
    const all = width * height;
    return { differing: all, compared: all, box: { x: 0, y: 0, width, height } };
  }
  const part = within(region ?? { x: 0, y: 0, width, height }, picture);
  let [differing, compared] = [0, 0];
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = part.y; y < part.y + part.height; y++) {
    const spans = ignore.filter((box) => y >= box.y && y < box.y + box.height);
    for (let x = part.x; x < part.x + part.width; x++) {
      if (spans.some((box) => x >= box.x && x < box.x + box.width)) continue;
      compared++;
      if (isNear(data, reference.data, (y * width + x) * 3, tolerance)) continue;
      differing++;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  const box = { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
  return { differing, compared, box: differing === 0 ? undefined : box };
}

/** Whether a comparison found no more than is allowed. */
export function isSame({ differing, compared }: Comparison, mostDiffering = 0): boolean {
  return differing <= compared * mostDiffering;
}

/** Throws `failed-precondition` (`PICTURE_DIFFERS`) unless the pictures are the same, and says where they differ. */
export function expectSame(
  picture: Picture,
  reference: Picture,
  { mostDiffering = 0, ...options }: SameOptions = {},
): void {
  const comparison = comparePictures(picture, reference, options);
  if (isSame(comparison, mostDiffering)) return;
  throw new JumpstarterError(
    `the picture is not the expected one: ${describeDifference(comparison, picture, reference)}`,
    {
      code: "failed-precondition",
      reason: "PICTURE_DIFFERS",
    },
  );
}

export function describeDifference(
  { differing, compared, box }: Comparison,
  picture: Picture,
  reference: Picture,
): string {
  if (picture.width !== reference.width || picture.height !== reference.height) {
    return `it has ${picture.width} × ${picture.height} pixels, and not ${reference.width} × ${reference.height}`;
  }
  if (box === undefined) return "no pixel differs";
  const share = Number(((100 * differing) / compared).toPrecision(2));
  return `${differing} of ${compared} pixels differ (${share} %), all in the ${describeBox(box)}`;
}

export function describeBox({ x, y, width, height }: Box): string {
  return `${width} × ${height} pixels at ${x},${y}`;
}

function isNear(one: Uint8Array, other: Uint8Array, at: number, tolerance: number): boolean {
  for (let index = at; index < at + 3; index++) {
    if (Math.abs((one[index] ?? 0) - (other[index] ?? 0)) > tolerance) return false;
  }
  return true;
}

/** What of a box lies in the picture. */
function within(box: Box, { width, height }: Picture): Box {
  const [left, right] = [box.x, box.x + box.width].map((x) => Math.min(Math.max(x, 0), width));
  const [top, bottom] = [box.y, box.y + box.height].map((y) => Math.min(Math.max(y, 0), height));
  const [x = 0, y = 0] = [left, top];
  return { x, y, width: (right ?? 0) - x, height: (bottom ?? 0) - y };
}
