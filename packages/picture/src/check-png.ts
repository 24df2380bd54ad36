import { inflateSync } from "node:zlib";

const signature = Buffer.from("89504e470d0a1a0a", "hex");
const headerEnd = 33;

/** Values a pixel, by PNG's number for its kind: grey, colours, palette, each with or without transparency. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Throws for what the library takes without a limit, or without a look: any size, any length of an interlaced picture,
 * and data that cannot be inflated, for which it shows whatever was in the memory.
 */
export function checkPng(bytes: Buffer, mostPixels: number): void {
  if (bytes.length < headerEnd || !bytes.subarray(0, 8).equals(signature)) throw new Error("it has no header");
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (width === 0 || height === 0 || width * height > mostPixels) throw new Error(`it has ${width} × ${height} pixels`);
  if (bytes[28] !== 0) throw new Error("it is interlaced: save it without");
  const bitsPerPixel = (bytes[24] ?? 0) * (channelsOf[bytes[25] ?? 0] ?? 0);
  const length = height * (1 + Math.ceil((width * bitsPerPixel) / 8));
  const inflated = inflateSync(Buffer.concat(dataOf(bytes)), { maxOutputLength: length });
  if (inflated.length !== length) throw new Error("it ends in the middle");
}

function dataOf(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(bytes.subarray(at + 8, end));
    at = end + 4;
  }
  return parts;
}
