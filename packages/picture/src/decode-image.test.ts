import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { isJumpstarterError } from "@jumpstarter-ts/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decodeImage } from "./decode.ts";
import { encodePng } from "./png.ts";

const pictures = join(import.meta.dirname, "..", "test", "pictures");
const read = (name: string): Promise<Buffer> => readFile(join(pictures, name));

/** How far two pictures are from each other, of 255. */
function distance(left: Uint8Array, right: Uint8Array): number {
  return left.reduce((most, value, at) => Math.max(most, Math.abs(value - (right[at] ?? 0))), 0);
}

/** Gives a picture, or says in our words why there is none. */
function decodes(bytes: Uint8Array): boolean {
  try {
    const { width, height, data } = decodeImage(bytes);
    return data.length === width * height * 3;
  } catch (error) {
    return isJumpstarterError(error) && error.reason === "VIDEO_UNREADABLE";
  }
}

describe("a JPEG", () => {
  it.each(["444", "422", "420", "restart", "grey"])(
    "of kind %s looks as with the library of everybody else",
    async (kind) => {
      const ours = decodeImage(await read(`${kind}.jpg`));
      const theirs = decodeImage(await read(`${kind}.png`));

      expect([ours.width, ours.height]).toEqual([61, 43]);
      expect(distance(ours.data, theirs.data)).toBeLessThanOrEqual(3);
    },
  );

  it("that is progressive is refused with what to do", async () => {
    const bytes = await read("progressive.jpg");
    expect(() => decodeImage(bytes)).toThrow("save it as PNG");
  });

  it("that is cut off or broken never hangs, and never fails in other words", async () => {
    const whole = await read("420.jpg");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), (length) => decodes(whole.subarray(0, length))),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const broken = Buffer.from(whole);
        broken[at] = value;
        return decodes(broken);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a PNG", () => {
  it.each(["palette", "light", "alpha"])("of kind %s is decoded to its colours", async (kind) => {
    const [ours, theirs] = [decodeImage(await read(`${kind}.png`)), decodeImage(await read(`${kind}-rgb.png`))];
    expect(distance(ours.data, theirs.data)).toBe(0);
  });

  it("gives back what was encoded", () => {
    const picture = fc
      .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
      .chain(([width, height]) =>
        fc
          .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
          .map((data) => ({ width, height, data: new Uint8Array(data) })),
      );
    fc.assert(
      fc.property(picture, (given) => {
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
});
