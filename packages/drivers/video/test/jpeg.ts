/** The header of a JPEG of that size, with no picture behind it: enough for what only looks at the size. */
export function jpegOf({ width, height }: { readonly width: number; readonly height: number }): Buffer {
  const head = Buffer.from("ffd8ffe000044a46ffc0000b08", "hex");
  const size = Buffer.alloc(4);
  size.writeUInt16BE(height, 0);
  size.writeUInt16BE(width, 2);
  return Buffer.concat([head, size, Buffer.from("01011100ffd9", "hex")]);
}
