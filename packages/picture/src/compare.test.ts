import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { comparePictures, expectSame, type Box, type Picture } from "./picture.ts";

const size = fc.record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) });
const pictures = size.chain(({ width, height }) => {
  const bytes = width * height * 3;
  return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((data): Picture => ({ width, height, data }));
});

function grey(width: number, height: number, value = 0): Picture {
  return { width, height, data: new Uint8Array(width * height * 3).fill(value) };
}

/** With one colour of one pixel that is another by so much. */
function changed(picture: Picture, { x, y }: Pick<Box, "x" | "y">, by = 1): Picture {
  const data = picture.data.slice();
  const at = (y * picture.width + x) * 3;
  data[at] = (data[at] ?? 0) + by;
  return { ...picture, data };
}

describe("a comparison of pictures", () => {
  it("finds no difference between a picture and itself", () => {
    fc.assert(
      fc.property(pictures, (picture) => {
        const compared = picture.width * picture.height;
        expect(comparePictures(picture, picture)).toEqual({ differing: 0, compared, box: undefined });
      }),
    );
  });

  it("finds each pixel that differs, and says the same from both sides", () => {
    const pair = size.chain(({ width, height }) => {
      const data = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: width * height, maxLength: width * height });
      const picture = data.map((values): Picture => ({
        width,
        height,
        data: Uint8Array.from(values.flatMap((v) => [0, v, 0])),
      }));
      return fc.tuple(picture, picture, fc.integer({ min: 0, max: 2 }));
    });
    fc.assert(
      fc.property(pair, ([one, other, tolerance]) => {
        const greens = (each: Picture): number[] => [...each.data].filter((_value, index) => index % 3 === 1);
        const [left, right] = [greens(one), greens(other)];
        const differing = left.filter((value, index) => Math.abs(value - (right[index] ?? 0)) > tolerance).length;

        const comparison = comparePictures(one, other, { tolerance });

        expect(comparison.differing).toBe(differing);
        expect(comparePictures(other, one, { tolerance })).toEqual(comparison);
      }),
    );
  });

  it("looks only where it is told, and not where it is told not to", () => {
    const black = grey(10, 10);
    const spotted = changed(changed(black, { x: 2, y: 3 }), { x: 7, y: 8 });

    expect(comparePictures(spotted, black)).toEqual({
      differing: 2,
      compared: 100,
      box: { x: 2, y: 3, width: 6, height: 6 },
    });
    const region = { x: 5, y: 5, width: 99, height: 99 };
    expect(comparePictures(spotted, black, { region })).toMatchObject({
      differing: 1,
      compared: 25,
      box: { x: 7, y: 8, width: 1, height: 1 },
    });
    const ignore = [{ x: 0, y: 0, width: 5, height: 5 }];
    expect(comparePictures(spotted, black, { ignore })).toMatchObject({ differing: 1, compared: 75 });
    expect(comparePictures(spotted, black, { ignore, region: { x: 0, y: 0, width: 5, height: 5 } })).toEqual({
      differing: 0,
      compared: 0,
      box: undefined,
    });
  });
});

describe("what is expected of a picture", () => {
  it("is met as far as it is allowed to be off", () => {
    const black = grey(10, 10);
    const spotted = changed(black, { x: 0, y: 0 }, 9);

    expectSame(black, black);
    expectSame(spotted, black, { tolerance: 9 });
    expectSame(spotted, black, { mostDiffering: 0.01 });
    expect(() => expectSame(spotted, black, { tolerance: 8, mostDiffering: 0.009 })).toThrow(
      "1 of 100 pixels differ (1 %), all in the 1 × 1 pixels at 0,0",
    );
  });

  it("is not met by a picture of another size, whatever is allowed", () => {
    const failure = (): void => expectSame(grey(4, 3), grey(3, 4), { tolerance: 255, mostDiffering: 0.5 });
    expect(failure).toThrow("it has 4 × 3 pixels, and not 3 × 4");
  });
});
