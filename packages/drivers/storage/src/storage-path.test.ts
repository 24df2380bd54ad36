import { posix } from "node:path";

import { isJumpstarterError } from "@jumpstarter-ts/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { childOf, listedAs, parsePath, type StoragePath } from "./storage-path.ts";

const word = fc.constantFrom("", ".", "..", "a", "b", "c.txt", "...", " ", "..a", "\\..\\", "%2e%2e", "ü");
const anyPath = fc.oneof(
  fc.array(word, { maxLength: 12 }).map((words) => words.join("/")),
  fc.string({ maxLength: 30 }),
);

describe("a path of a storage", () => {
  it.each([
    ["boot/a.img", ["boot", "a.img"], false],
    ["/boot/a.img", ["boot", "a.img"], false],
    ["boot//./a.img", ["boot", "a.img"], false],
    ["boot/../a.img", ["a.img"], false],
    ["boot/", ["boot"], true],
    ["boot/.", ["boot"], true],
    ["boot/x/..", ["boot"], true],
    ["/", [], true],
    ["", [], true],
    ["...", ["..."], false],
    [String.raw`boot\..\..\a`, [String.raw`boot\..\..\a`], false],
  ])("reads %j from the root", (given, segments, isDirectory) => {
    expect(parsePath(given)).toEqual({ segments, isDirectory, key: segments.join("/") });
  });

  it.each(["..", "../", "/..", "a/../..", "../etc/passwd", "/../../etc/passwd", "a/b/../../../c"])(
    "refuses %j, which climbs over the root",
    (given) => {
      expect(() => parsePath(given)).toThrow(
        expect.objectContaining({ code: "permission-denied", reason: "PATH_OUTSIDE_ROOT" }),
      );
    },
  );

  it.each(["a\0b", "\0", "a".repeat(5_000)])("refuses what no file can be called", (given) => {
    expect(() => parsePath(given)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  it("never leads out of the root, whatever is written", () => {
    fc.assert(
      fc.property(anyPath, (given) => {
        const parsed = parseUnlessRefused(given);
        if (parsed === undefined) return;
        for (const segment of parsed.segments) {
          expect(["", ".", ".."]).not.toContain(segment);
          expect(segment).not.toMatch(/[/\0]/);
        }
        const joined = posix.join("/root", ...parsed.segments);
        expect(joined === "/root" || joined.startsWith("/root/")).toBe(true);
        // As the system would read it, where no link lies in between.
        expect(joined).toBe(posix.resolve("/root", `./${given}`));
      }),
    );
  });

  it("is read the same when it is read again", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "b c", ".x"), { maxLength: 5 }),
        fc.boolean(),
        (segments, isDirectory) => {
          const path = { segments, isDirectory: isDirectory || segments.length === 0, key: segments.join("/") };
          expect(parsePath(listedAs(path))).toEqual(path);
        },
      ),
    );
  });

  it("has children", () => {
    expect(listedAs(childOf(parsePath("/"), "a", true))).toBe("a/");
    expect(listedAs(childOf(parsePath("a/"), "b", false))).toBe("a/b");
    expect(listedAs(parsePath("/"))).toBe("/");
  });
});

function parseUnlessRefused(given: string): StoragePath | undefined {
  try {
    return parsePath(given);
  } catch (error) {
    if (isJumpstarterError(error) && /^PATH_(OUTSIDE_ROOT|INVALID)$/.test(error.reason)) return undefined;
    throw error;
  }
}
