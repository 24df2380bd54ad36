export interface Sampled {
  readonly plane: Uint8ClampedArray;
  /** Samples in a row of the plane. */
  readonly stride: number;
  /** Samples a pixel, at most one. */
  readonly across: number;
  readonly down: number;
}

/**
 * A plane of a colour with a sample for every pixel. What lies between samples is told from those around it by how near
 * they are, as other decoders do it: a picture has to look the same whoever decoded it.
 */
export function stretch(
  { plane, stride, across, down }: Sampled,
  { width, height }: { readonly width: number; readonly height: number },
): Uint8ClampedArray {
  const out = new Uint8ClampedArray(width * height);
  const columns = weights(width, across);
  const rows = weights(height, down);
  for (let row = 0; row < height; row++) {
    const upper = (rows.near[row] ?? 0) * stride;
    const lower = (rows.next[row] ?? 0) * stride;
    const share = rows.share[row] ?? 0;
    for (let column = 0; column < width; column++) {
      const near = columns.near[column] ?? 0;
      let value = plane[upper + near] ?? 0;
      if (across < 1 || down < 1) {
        const next = columns.next[column] ?? 0;
        const part = columns.share[column] ?? 0;
        const above = value + ((plane[upper + next] ?? 0) - value) * part;
        const left = plane[lower + near] ?? 0;
        value = above + (left + ((plane[lower + next] ?? 0) - left) * part - above) * share;
      }
      out[row * width + column] = value;
    }
  }
  return out;
}

/** For each pixel the samples on both sides of its middle, and how much of the second one it is. */
function weights(pixels: number, scale: number) {
  const last = Math.ceil(pixels * scale) - 1;
  const [near, next, share] = [new Int32Array(pixels), new Int32Array(pixels), new Float64Array(pixels)];
  for (let pixel = 0; pixel < pixels; pixel++) {
    const place = Math.max(0, (pixel + 0.5) * scale - 0.5);
    near[pixel] = Math.floor(place);
    next[pixel] = Math.min(Math.floor(place) + 1, last);
    share[pixel] = place - Math.floor(place);
  }
  return { near, next, share };
}
