import { JumpstarterError, messageOf } from "@jumpstarter-ts/core";
import { decode } from "jpeg-js";
import { PNG } from "pngjs";

import { checkPng } from "./check-png.ts";
import type { Picture } from "./picture.ts";

/** More than a screen of 7680 × 4320 has: what a broken header could ask memory for. */
const mostPixels = 32 * 1024 ** 2;
/** A JPEG of that size, with half as many samples of its colours, takes 350. */
const mostMegabytes = 384;

/** Decodes a JPEG or a PNG, whichever it is. Transparency is dropped. Throws `invalid-argument` (`PICTURE_UNREADABLE`). */
export function decodeImage(bytes: Uint8Array): Picture {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = data[0] === 0x89 ? "PNG" : "JPEG";
  try {
    return kind === "PNG" ? decodePng(data) : decodeJpeg(data);
  } catch (cause) {
    throw new JumpstarterError(`the ${kind} cannot be decoded: ${messageOf(cause)}`, {
      code: "invalid-argument",
      reason: "PICTURE_UNREADABLE",
      cause,
    });
  }
}

function decodeJpeg(bytes: Buffer): Picture {
  const { width, height, data } = decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    maxResolutionInMP: mostPixels / 1e6,
    maxMemoryUsageInMB: mostMegabytes,
  });
  if (width === 0 || height === 0) throw new Error(`it has ${width} × ${height} pixels`);
  return { width, height, data };
}

function decodePng(bytes: Buffer): Picture {
  checkPng(bytes, mostPixels);
  const { width, height, data: rgba } = PNG.sync.read(bytes);
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = rgba[from] ?? 0;
    data[to + 1] = rgba[from + 1] ?? 0;
    data[to + 2] = rgba[from + 2] ?? 0;
  }
  return { width, height, data };
}
