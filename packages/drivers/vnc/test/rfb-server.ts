import { createStreamPair, type ByteStream } from "@jumpstarter-ts/core";
import type { Picture, Region } from "@jumpstarter-ts/picture";

export type Colour = readonly [red: number, green: number, blue: number];

/** A screen with a server of RFB 3.8 that knows one encoding, as RFC 6143 has it at the least. */
export interface RfbServer {
  connect(): ByteStream;
  /** Paints, and tells every viewer. */
  paint(box: Region, colour: Colour): void;
  resize(width: number, height: number): void;
  /** What the screen shows. */
  picture(): Picture;
  /** How many have asked for news and wait for it. */
  readonly waiting: () => number;
}

export interface RfbServerOptions {
  readonly width: number;
  readonly height: number;
  /** Sends in pieces of this many bytes. Default: as they come. */
  readonly pieceBytes?: number;
  /** Sent before each update: what viewers skip. */
  readonly chatter?: Buffer;
}

export function rfbServer({ width, height, pieceBytes = Infinity, chatter }: RfbServerOptions): RfbServer {
  let size = { width, height };
  let pixels = Buffer.alloc(width * height * 3);
  const waiting = new Set<(rectangle: Buffer) => void>();
  const tell = (rectangle: Buffer): void => {
    for (const each of waiting) {
      waiting.delete(each);
      each(rectangle);
    }
  };
  const rectangle = ({ x, y, width: w, height: h }: Region): Buffer => {
    const head = Buffer.alloc(12);
    for (const [index, value] of [x, y, w, h].entries()) head.writeUInt16BE(value, index * 2);
    const body = Buffer.alloc(w * h * 4);
    for (let index = 0; index < w * h; index++) {
      const at = ((y + Math.floor(index / w)) * size.width + x + (index % w)) * 3;
      body.set([pixels[at + 2] ?? 0, pixels[at + 1] ?? 0, pixels[at] ?? 0, 0xff], index * 4);
    }
    return Buffer.concat([head, body]);
  };
  const whole = (): Region => ({ x: 0, y: 0, ...size });

  const serve = async (stream: ByteStream): Promise<void> => {
    const send = (data: Buffer | string): void => {
      const all = Buffer.from(data);
      for (let at = 0; at < all.length; at += pieceBytes) stream.write(all.subarray(at, at + pieceBytes));
    };
    const update = (content: Buffer): void =>
      send(Buffer.concat([chatter ?? Buffer.alloc(0), Buffer.from([0, 0, 0, 1]), content]));
    const take = takeFrom(stream);
    send("RFB 003.008\n");
    await take(12);
    send(Buffer.from([1, 1]));
    await take(1);
    send(Buffer.alloc(4));
    await take(1);
    const head = Buffer.alloc(20);
    head.writeUInt16BE(size.width, 0);
    head.writeUInt16BE(size.height, 2);
    send(Buffer.concat([head, Buffer.from([0, 0, 0, 5]), Buffer.from("bench")]));
    for (;;) {
      const kind = (await take(1))[0];
      if (kind === 0) await take(19);
      else if (kind === 2) await take((await take(3)).readUInt16BE(1) * 4);
      else if ((await take(9))[0] === 0) update(rectangle(whole()));
      else waiting.add(update);
    }
  };

  return {
    connect() {
      const { near, far } = createStreamPair();
      // It ends when the viewer goes.
      serve(far).catch(() => far.destroy());
      return near;
    },
    paint(box, colour) {
      for (let y = box.y; y < box.y + box.height; y++) {
        for (let x = box.x; x < box.x + box.width; x++) pixels.set(colour, (y * size.width + x) * 3);
      }
      tell(rectangle(box));
    },
    resize(w, h) {
      size = { width: w, height: h };
      pixels = Buffer.alloc(w * h * 3);
      const head = Buffer.alloc(12);
      head.writeUInt16BE(w, 4);
      head.writeUInt16BE(h, 6);
      head.writeInt32BE(-223, 8);
      tell(head);
    },
    picture: () => ({ ...size, data: Uint8Array.from(pixels) }),
    waiting: () => waiting.size,
  };
}

function takeFrom(stream: ByteStream): (length: number) => Promise<Buffer> {
  const chunks = stream[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  return async (length) => {
    while (held.length < length) {
      const next: IteratorResult<Buffer> = await chunks.next();
      if (next.done === true) throw new Error("the viewer has gone");
      held = Buffer.concat([held, next.value]);
    }
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
}
