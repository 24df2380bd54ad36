/** A decoded picture: red, green and blue, a byte each, row by row from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A part of a picture, in pixels from its upper left corner. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function describeRegion({ x, y, width, height }: Region): string {
  return `${width} × ${height} pixels at ${x},${y}`;
}
