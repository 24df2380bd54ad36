import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseRequestPath } from "./request-path.ts";

describe("parseRequestPath", () => {
  it("reads any name back that a URL can carry", () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
      .filter((word) => !/^\.\.?$|[/\0]/.test(word) && word.isWellFormed());
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), (names) => {
        expect(parseRequestPath(`/${names.map(encodeURIComponent).join("/")}?query#part`)).toEqual(names);
      }),
    );
  });

  it("never gives a part that climbs, whatever it is asked", () => {
    const piece = fc.constantFrom(
      "..",
      "%2e%2e",
      "%2E.",
      ".",
      "%2f",
      "/",
      "\\",
      "%5c",
      "a",
      "%00",
      "%",
      "%c0%ae",
      "//",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const found = parseRequestPath(`/${pieces.join("")}`);
        const isSafe = "status" in found || found.every((part) => !/^\.{0,2}$|[/\0]/.test(part));
        expect(isSafe).toBe(true);
      }),
    );
  });

  it.each([
    ["/a/../b", 403],
    ["/%2e%2e/etc/passwd", 403],
    ["/a%2f..%2f..%2fetc", 403],
    ["/a%00b", 400],
    ["/%zz", 400],
    ["*", 400],
    [`/${"a".repeat(5_000)}`, 400],
  ])("refuses %s with %i", (target, status) => {
    expect(parseRequestPath(target)).toMatchObject({ status });
  });

  it("takes a whole URL, as proxies are asked", () => {
    expect(parseRequestPath("http://board.lab:8080/boot//./Image")).toEqual(["boot", "Image"]);
    expect(parseRequestPath("http://board.lab")).toEqual([]);
  });
});
