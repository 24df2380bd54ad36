export interface PictureSize {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** The size that a JPEG's header tells; undefined for what is no JPEG, or one that is cut off before it. */
export function jpegSize(bytes: Uint8Array): PictureSize | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (data.length < 4 || data.readUInt16BE(0) !== 0xff_d8) return undefined;
  for (let at = 2; at + 4 <= data.length;) {
    if (data[at] !== 0xff) return undefined;
    const marker = data[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      if (at + 9 > data.length) return undefined;
      return { width: data.readUInt16BE(at + 7), height: data.readUInt16BE(at + 5) };
    }
    // The data of a picture begins, or it ends.
    if (marker === 0xda || marker === 0xd9) return undefined;
    at += 2 + data.readUInt16BE(at + 2);
  }
  return undefined;
}
