import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseFileName } from "./file-name.ts";

describe("parseFileName", () => {
  it("never gives a part that climbs, whatever it is asked", () => {
    const piece = fc.constantFrom("..", ".", "/", "\\", "a", "\0", "", " ", "…", "C:");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const found = parseFileName(pieces.join(""));
        const isSafe = typeof found === "string" || found.every((part) => !/^\.{0,2}$|[/\\\0:]/.test(part));
        expect(isSafe).toBe(true);
      }),
    );
  });

  it("gives the parts of a path below the root", () => {
    expect(parseFileName("pxelinux.cfg/01-52-54-00-12-34-56")).toEqual(["pxelinux.cfg", "01-52-54-00-12-34-56"]);
    expect(parseFileName("./boot//Image")).toEqual(["boot", "Image"]);
  });
});
