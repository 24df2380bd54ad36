import { crc32, deflateSync, inflateSync } from "node:zlib";

import { messageOf } from "@jumpstarter-ts/core";

import { mostPixels, unreadable, type Picture } from "./picture.ts";

const signature = Buffer.from("89504e470d0a1a0a", "hex");
/** Bytes a pixel, by the number that PNG has for what a pixel is: grey, colours, palette, each with or without alpha. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export function encodePng({ width, height, data }: Picture): Buffer {
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let row = 0; row < height; row++)
    rows.set(data.subarray(row * width * 3, (row + 1) * width * 3), row * (width * 3 + 1) + 1);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), content]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(content.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** Decodes a PNG of eight bits a colour that is not interlaced, which is what programs write. Transparency is dropped. */
export function decodePng(bytes: Uint8Array): Picture {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!data.subarray(0, 8).equals(signature)) throw unreadable("PNG", "it does not begin as one");
  let header: Buffer | undefined;
  let palette: Buffer = Buffer.alloc(0);
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= data.length;) {
    const length = data.readUInt32BE(at);
    const type = data.toString("latin1", at + 4, at + 8);
    const content = data.subarray(at + 8, at + 8 + length);
    if (content.length < length) throw unreadable("PNG", "it ends in the middle");
    if (type === "IHDR") header = content;
    if (type === "PLTE") palette = content;
    if (type === "IDAT") parts.push(content);
    at += 12 + length;
  }
  if (header === undefined || header.length < 13) throw unreadable("PNG", "it has no header");
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, kind = 0, , , interlace] = header.subarray(8);
  const channels = channelsOf[kind];
  if (depth !== 8 || channels === undefined || interlace !== 0) {
    throw unreadable("PNG", "save it with eight bits a colour and without interlacing");
  }
  if (width === 0 || height === 0 || width * height > mostPixels)
    throw unreadable("PNG", `it has ${width} × ${height} pixels`);
  const rows = unfilter(inflate(Buffer.concat(parts), height * (width * channels + 1)), width * channels, channels);
  return { width, height, data: toRgb(rows, { pixels: width * height, kind, channels, palette }) };
}

function inflate(compressed: Buffer, size: number): Buffer {
  try {
    const inflated = inflateSync(compressed, { maxOutputLength: size });
    if (inflated.length === size) return inflated;
  } catch (cause) {
    throw unreadable("PNG", messageOf(cause), cause);
  }
  throw unreadable("PNG", "it ends in the middle");
}

/** Undoes what each row was told from: the pixel before it, the row above, or both. */
function unfilter(rows: Buffer, rowBytes: number, pixelBytes: number): Uint8Array {
  const height = rows.length / (rowBytes + 1);
  const out = new Uint8Array(rowBytes * height);
  for (let row = 0; row < height; row++) {
    const filter = rows[row * (rowBytes + 1)] ?? 0;
    if (filter > 4) throw unreadable("PNG", `a row is filtered by ${filter}`);
    for (let index = 0; index < rowBytes; index++) {
      const at = row * rowBytes + index;
      const left = index >= pixelBytes ? (out[at - pixelBytes] ?? 0) : 0;
      const above = row > 0 ? (out[at - rowBytes] ?? 0) : 0;
      const corner = row > 0 && index >= pixelBytes ? (out[at - rowBytes - pixelBytes] ?? 0) : 0;
      const told = [0, left, above, (left + above) >> 1, nearest(left, above, corner)][filter] ?? 0;
      out[at] = (rows[row * (rowBytes + 1) + 1 + index] ?? 0) + told;
    }
  }
  return out;
}

function nearest(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [byLeft, byAbove, byCorner] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}

interface Samples {
  readonly pixels: number;
  readonly kind: number;
  readonly channels: number;
  readonly palette: Uint8Array;
}

function toRgb(rows: Uint8Array, { pixels, kind, channels, palette }: Samples): Uint8Array {
  if (kind === 2) return rows;
  const out = new Uint8Array(pixels * 3);
  const isColoured = kind === 6;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      const value = rows[pixel * channels + (isColoured ? colour : 0)] ?? 0;
      out[pixel * 3 + colour] = kind === 3 ? (palette[value * 3 + colour] ?? 0) : value;
    }
  }
  return out;
}
