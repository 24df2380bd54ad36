import { PNG } from "pngjs";

import type { Picture } from "./picture.ts";

/** PNG's number for red, green and blue without transparency. */
const rgb = 2;

export function encodePng({ width, height, data }: Picture): Buffer {
  const png = new PNG();
  png.width = width;
  png.height = height;
  png.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return PNG.sync.write(png, { colorType: rgb, inputColorType: rgb, inputHasAlpha: false });
}
