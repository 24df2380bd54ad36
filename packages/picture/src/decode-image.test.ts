import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

import { isJumpstarterError } from "@jumpstarter-ts/core";
import fc from "fast-check";
import { encode } from "jpeg-js";
import { describe, expect, it } from "vitest";

import { smallPicture } from "../test/pictures.ts";
import { comparePictures } from "./compare.ts";
import { decodeImage } from "./decode-image.ts";
import { encodePng } from "./encode-png.ts";

const pictures = join(import.meta.dirname, "..", "test", "pictures");
const read = (name: string): Promise<Buffer> => readFile(join(pictures, name));

/** Gives a picture, or says in our words why there is none. */
function decodes(bytes: Uint8Array): boolean {
  try {
    const { width, height, data } = decodeImage(bytes);
    return data.length === width * height * 3;
  } catch (error) {
    return isJumpstarterError(error) && error.reason === "PICTURE_UNREADABLE";
  }
}

describe("a JPEG", () => {
  it.each(["444", "grey"])("of kind %s looks as with the library of everybody else", async (kind) => {
    const [ours, theirs] = [decodeImage(await read(`${kind}.jpg`)), decodeImage(await read(`${kind}.png`))];
    expect(comparePictures(ours, theirs, { channelTolerance: 3 })).toMatchObject({
      isAlike: true,
      comparedPixels: 61 * 43,
    });
  });

  // Theirs smooths between the few samples of colour that there are, ours does not.
  it.each([
    ["422", "422"],
    ["420", "420"],
    ["restart", "restart"],
    ["progressive", "420"],
  ])("of kind %s differs from it only at the edges of colours", async (kind, reference) => {
    const [ours, theirs] = [decodeImage(await read(`${kind}.jpg`)), decodeImage(await read(`${reference}.png`))];
    expect(comparePictures(ours, theirs, { channelTolerance: 24, mostDiffering: 0.02 }).isAlike).toBe(true);
    expect(comparePictures(ours, theirs, { channelTolerance: 48 }).isAlike).toBe(true);
  });

  it("of a screen's size keeps what was drawn", () => {
    const [width, height] = [640, 480];
    const grey = Buffer.from(Uint8Array.from({ length: width * height * 4 }, (_, at) => ((at >> 2) % width) >> 2));
    const given = { width, height, data: grey.filter((_, at) => at % 4 < 3) };

    const decoded = decodeImage(encode({ width, height, data: grey }, 95).data);

    expect(comparePictures(decoded, given, { channelTolerance: 4 }).isAlike).toBe(true);
  });

  it("that is cut off is refused, wherever", async () => {
    const whole = await read("420.jpg");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        expect(() => decodeImage(whole.subarray(0, length))).toThrow("the JPEG cannot be decoded");
      }),
    );
  });

  it.each(["420.jpg", "progressive.jpg"])("that is broken never hangs, and fails in our words: %s", async (name) => {
    const whole = await read(name);
    const place = fc.integer({ min: 0, max: whole.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 0, max: 255 }), (at, value) => {
        const broken = Buffer.from(whole);
        // Its size may say many pixels: those have their own test.
        fc.pre(!isSize(broken, at));
        broken[at] = value;
        return decodes(broken);
      }),
      { numRuns: 200 },
    );
  });

  it("that says more pixels than a screen has is refused before any memory is taken", async () => {
    const huge = await read("420.jpg");
    huge.writeUInt32BE(0xff_ff_ff_ff, frameAt(huge) + 5);
    expect(() => decodeImage(huge)).toThrow("maxResolutionInMP limit exceeded");
  });

  it("that takes more memory than its pixels is refused", () => {
    // A line of pixels, in many colours that each have 15 samples across.
    const colours = Buffer.from(Array.from({ length: 100 }, (_, id) => [id, 0xff, 0]).flat());
    const greedy = Buffer.concat([Buffer.from("ffd8ffc0013408ffff000164", "hex"), colours]);
    expect(() => decodeImage(greedy)).toThrow("maxMemoryUsageInMB limit exceeded");
  });
});

describe("a PNG", () => {
  it.each(["palette", "light", "alpha"])("of kind %s is decoded to its colours", async (kind) => {
    const [ours, theirs] = [decodeImage(await read(`${kind}.png`)), decodeImage(await read(`${kind}-rgb.png`))];
    expect(ours).toEqual(theirs);
  });

  it("gives back what was encoded", () => {
    fc.assert(
      fc.property(smallPicture, (given) => {
        expect(decodeImage(encodePng(given))).toEqual(given);
      }),
    );
  });

  it("that is cut off or broken never hangs, and never fails in other words", async () => {
    const whole = await read("420.png");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const broken = Buffer.from(whole);
        broken[at] = value;
        return decodes(broken) && decodes(whole.subarray(0, at));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ["more pixels than a screen has", pngOf({ width: 60_000, height: 60_000 }), "it has 60000 × 60000 pixels"],
    ["no pixels", pngOf({ width: 4, height: 0 }), "it has 4 × 0 pixels"],
    ["no data", pngOf({ data: [] }), "unexpected end of file"],
    ["data that is not compressed", pngOf({ data: [Buffer.from([1, 2, 3, 4])] }), "incorrect header check"],
    ["fewer pixels than it says", pngOf({ data: [deflateSync(Buffer.alloc(20))] }), "it ends in the middle"],
    [
      "far more pixels than it says",
      pngOf({ data: [deflateSync(Buffer.alloc(2 ** 24))] }),
      "Cannot create a Buffer larger than 52 bytes",
    ],
    ["rows in a wrong order", pngOf({ isInterlaced: true }), "it is interlaced: save it without"],
  ])("with %s is refused", (_with, bytes, why) => {
    expect(() => decodeImage(bytes)).toThrow(`the PNG cannot be decoded: ${why}`);
  });
});

/** Where a JPEG tells its size. */
function frameAt(jpeg: Buffer): number {
  return Math.max(jpeg.indexOf("ffc0", 0, "hex"), jpeg.indexOf("ffc2", 0, "hex"));
}

function isSize(jpeg: Buffer, at: number): boolean {
  return at >= frameAt(jpeg) + 5 && at < frameAt(jpeg) + 9;
}

interface PngParts {
  readonly width?: number;
  readonly height?: number;
  readonly isInterlaced?: boolean;
  readonly data?: readonly Buffer[];
}

/** A PNG with checksums that are right, whatever it says. Black and 4 × 4 unless it says so. */
function pngOf({ width = 4, height = 4, isInterlaced = false, data = [deflateSync(Buffer.alloc(52))] }: PngParts) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, Number(isInterlaced)], 8);
  const chunks = [
    ["IHDR", header] as const,
    ...data.map((each) => ["IDAT", each] as const),
    ["IEND", Buffer.alloc(0)] as const,
  ];
  const parts = chunks.map(([type, content]) => {
    const body = Buffer.concat([Buffer.from(type), content]);
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  });
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), ...parts]);
}
