import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { screen, smallPicture, smallSize } from "../test/pictures.ts";
import { comparePictures, drawDifference } from "./compare.ts";
import type { Picture } from "./picture.ts";

describe("a comparison of pictures", () => {
  it("finds no difference between a picture and itself", () => {
    fc.assert(
      fc.property(smallPicture, (picture) => {
        const comparedPixels = picture.width * picture.height;
        const nothing = { isAlike: true, differingPixels: 0, comparedPixels, region: undefined };
        expect(comparePictures(picture, picture)).toEqual(nothing);
      }),
    );
  });

  it("finds each pixel that differs, and says the same from both sides", () => {
    const pair = smallSize.chain(({ width, height }) => {
      const data = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: width * height, maxLength: width * height });
      const picture = data.map((values): Picture => ({
        width,
        height,
        data: Uint8Array.from(values.flatMap((v) => [0, v, 0])),
      }));
      return fc.tuple(picture, picture, fc.integer({ min: 0, max: 2 }));
    });
    fc.assert(
      fc.property(pair, ([one, other, channelTolerance]) => {
        const greens = (each: Picture): number[] => [...each.data].filter((_value, index) => index % 3 === 1);
        const [left, right] = [greens(one), greens(other)];
        const differing = left.filter((value, at) => Math.abs(value - (right[at] ?? 0)) > channelTolerance).length;

        const comparison = comparePictures(one, other, { channelTolerance });

        expect(comparison.differingPixels).toBe(differing);
        expect(comparePictures(other, one, { channelTolerance })).toEqual(comparison);
      }),
    );
  });

  it("allows as many pixels to differ, and by as much, as it is told", () => {
    const seen = screen({ "3,4": 109 });
    const place = { x: 3, y: 4, width: 1, height: 1 };
    const found = { isAlike: false, differingPixels: 1, comparedPixels: 200, region: place };
    expect(comparePictures(seen, screen())).toEqual(found);
    expect(comparePictures(seen, screen(), { mostDiffering: 0.004, channelTolerance: 8 })).toEqual(found);
    expect(comparePictures(seen, screen(), { mostDiffering: 0.005 })).toEqual({ ...found, isAlike: true });
    expect(comparePictures(seen, screen(), { channelTolerance: 9 })).toMatchObject({
      isAlike: true,
      region: undefined,
    });
  });

  it("looks only where it is told, and not where it is told not to, also beyond the edges", () => {
    const spotted = screen({ "2,3": 255, "17,8": 255 });
    const compare = (options: Parameters<typeof comparePictures>[2]) => comparePictures(spotted, screen(), options);

    expect(compare({})).toMatchObject({ differingPixels: 2, region: { x: 2, y: 3, width: 16, height: 6 } });
    const region = { x: 10, y: 5, width: 99, height: 99 };
    expect(compare({ region })).toEqual({
      isAlike: false,
      differingPixels: 1,
      comparedPixels: 50,
      region: { x: 17, y: 8, width: 1, height: 1 },
    });
    const clock = { x: 15, y: -2, width: 10, height: 11 };
    expect(compare({ ignore: [clock] })).toMatchObject({ differingPixels: 1, comparedPixels: 155 });
    expect(compare({ region, ignore: [region] })).toMatchObject({ isAlike: true, comparedPixels: 0 });
  });

  it("finds pictures of different sizes different, whatever is allowed", () => {
    const other = { width: 10, height: 20, data: screen().data };
    const lenient = { mostDiffering: 1, channelTolerance: 255 };
    expect(comparePictures(screen(), other, lenient)).toMatchObject({ isAlike: false, differingPixels: 200 });
  });
});

describe("a drawn difference", () => {
  it("shows what differs red, what is alike pale, and what was not looked at grey", () => {
    const region = { x: 0, y: 0, width: 5, height: 10 };
    const drawn = drawDifference(screen({ "2,3": 255, "7,3": 255 }), screen(), { region });
    const at = (x: number, y: number) => [...drawn.data.subarray((y * 20 + x) * 3, (y * 20 + x) * 3 + 3)];
    expect([at(2, 3), at(3, 3), at(7, 3)]).toEqual([
      [255, 0, 0],
      [217, 217, 217],
      [128, 128, 128],
    ]);
  });

  it("is refused for pictures of different sizes", () => {
    const other = { width: 1, height: 1, data: new Uint8Array(3) };
    expect(() => drawDifference(screen(), other)).toThrow("it has 20 × 10 pixels, and not 1 × 1");
  });
});
