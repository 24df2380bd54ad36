import type { Picture } from "@jumpstarter-ts/picture";

import { refused, type Rfb } from "./rfb.ts";

/** What a screen shows, kept as the server tells of changes. */
export interface Framebuffer {
  /** A copy. */
  picture(): Picture;
  /** Waits for the next news of the server, the first time for the whole screen. Tells whether any pixel changed. */
  next(): Promise<boolean>;
}

/** More than any screen has: what a broken server could ask memory for. */
const mostPixels = 64 * 1024 ** 2;
const maxClipboardBytes = 16 * 1024 ** 2;

const rawEncoding = 0;
/** A rectangle that says the screen's new size, and has no pixels. */
const desktopSize = -223;

/** Four bytes a pixel: blue, green, red, nothing. */
const pixelFormat = [0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];

export function openFramebuffer({ stream, reader, screen, what }: Rfb): Framebuffer {
  let { width, height } = screen;
  let data = new Uint8Array(0);
  let isWhole = false;
  const resize = (to: { readonly width: number; readonly height: number }): void => {
    ({ width, height } = to);
    if (width * height > mostPixels) throw refused(what, `it has ${width} × ${height} pixels`);
    data = new Uint8Array(width * height * 3);
    isWhole = false;
  };
  const request = (): void => {
    const message = Buffer.alloc(10);
    message.writeUInt8(3, 0);
    message.writeUInt8(isWhole ? 1 : 0, 1);
    message.writeUInt16BE(width, 6);
    message.writeUInt16BE(height, 8);
    stream.write(message);
  };
  const readRectangle = async (): Promise<boolean> => {
    const head = await reader.read(12);
    const [x, y, w, h] = [head.readUInt16BE(0), head.readUInt16BE(2), head.readUInt16BE(4), head.readUInt16BE(6)];
    const encoding = head.readInt32BE(8);
    if (encoding === desktopSize) {
      resize({ width: w, height: h });
      return true;
    }
    if (encoding !== rawEncoding) throw refused(what, `it sent pixels in the encoding ${encoding}`);
    if (x + w > width || y + h > height) throw refused(what, "it sent pixels that lie outside");
    return paint(await reader.read(w * h * 4), { x, y, w, h, width, data });
  };
  /** Up to the pixels of an update; what else a server says is skipped. */
  const readUpdate = async (): Promise<boolean> => {
    for (;;) {
      const [kind] = await reader.read(1);
      if (kind === 0) break;
      else if (kind === 1) await reader.read((await reader.read(5)).readUInt16BE(3) * 6);
      else if (kind === 3) {
        const length = (await reader.read(7)).readUInt32BE(3);
        if (length > maxClipboardBytes) throw refused(what, `a clipboard of ${length} bytes`);
        await reader.read(length);
      } else if (kind !== 2) throw refused(what, `it sent the message ${kind}`);
    }
    let hasChanged = false;
    const count = (await reader.read(3)).readUInt16BE(1);
    for (let index = 0; index < count; index++) hasChanged = (await readRectangle()) || hasChanged;
    return hasChanged;
  };

  resize(screen);
  stream.write(Buffer.from(pixelFormat));
  stream.write(encodings([rawEncoding, desktopSize]));
  return {
    picture: () => ({ width, height, data: data.slice() }),
    async next() {
      const wasWhole = isWhole;
      request();
      isWhole = true;
      const hasChanged = await readUpdate();
      // A screen that took another size meanwhile is empty.
      return isWhole ? hasChanged || !wasWhole : (await this.next(), true);
    },
  };
}

function encodings(kinds: readonly number[]): Buffer {
  const message = Buffer.alloc(4 + kinds.length * 4);
  message.writeUInt8(2, 0);
  message.writeUInt16BE(kinds.length, 2);
  for (const [index, kind] of kinds.entries()) message.writeInt32BE(kind, 4 + index * 4);
  return message;
}

interface Target {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
  /** Of the whole. */
  readonly width: number;
  readonly data: Uint8Array;
}

function paint(pixels: Buffer, { x, y, w, h, width, data }: Target): boolean {
  let hasChanged = false;
  for (let row = 0; row < h; row++) {
    let from = row * w * 4;
    let to = ((y + row) * width + x) * 3;
    for (let column = 0; column < w; column++, from += 4, to += 3) {
      const [blue = 0, green = 0, red = 0] = [pixels[from], pixels[from + 1], pixels[from + 2]];
      if (data[to] === red && data[to + 1] === green && data[to + 2] === blue) continue;
      data[to] = red;
      data[to + 1] = green;
      data[to + 2] = blue;
      hasChanged = true;
    }
  }
  return hasChanged;
}
