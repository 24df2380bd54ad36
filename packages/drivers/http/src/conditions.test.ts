import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decide, parseRange } from "./conditions.ts";

const version = { etag: '"now"', modified: new Date("2026-01-02T03:04:05Z"), size: 100 };
const before = "Thu, 01 Jan 2026 00:00:00 GMT";
const after = "Sat, 03 Jan 2026 00:00:00 GMT";
const at = "Fri, 02 Jan 2026 03:04:05 GMT";
const whole = { status: 200, part: { from: 0, to: 100 } };

describe("decide", () => {
  it.each([
    [{}, whole],
    [{ "if-none-match": '"now"' }, { status: 304 }],
    [{ "if-none-match": 'W/"now", "other"' }, { status: 304 }],
    [{ "if-none-match": '"other"', "if-modified-since": after }, whole],
    [{ "if-modified-since": at }, { status: 304 }],
    [{ "if-modified-since": before }, whole],
    [{ "if-modified-since": "yesterday" }, whole],
    [{ "if-match": "*" }, whole],
    [{ "if-match": '"other"' }, { status: 412 }],
    [{ "if-unmodified-since": before }, { status: 412 }],
    [{ range: "bytes=10-19" }, { status: 206, part: { from: 10, to: 20 } }],
    [
      { range: "bytes=10-19", "if-range": '"now"' },
      { status: 206, part: { from: 10, to: 20 } },
    ],
    [
      { range: "bytes=10-19", "if-range": at },
      { status: 206, part: { from: 10, to: 20 } },
    ],
    [{ range: "bytes=10-19", "if-range": '"other"' }, whole],
    [{ range: "bytes=100-" }, { status: 416 }],
  ])("makes of %o %o", (headers, outcome) => {
    expect(decide(headers, version)).toEqual(outcome);
  });
});

describe("parseRange", () => {
  it("gives the bytes that a slice would, or says that there are none", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_200), fc.nat(1_200), (size, first, more) => {
        const there = { from: first, to: Math.min(first + more + 1, size) };
        expect(parseRange(`bytes=${first}-${first + more}`, size)).toEqual(first < size ? there : "unsatisfiable");
      }),
    );
  });

  it.each([
    ["bytes=-10", { from: 90, to: 100 }],
    ["bytes=-1000", { from: 0, to: 100 }],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=90-", { from: 90, to: 100 }],
    ["bytes=20-10", "ignored"],
    ["bytes=0-1,5-6", "ignored"],
    ["bytes=-", "ignored"],
    ["lines=1-2", "ignored"],
  ])("reads %s of 100 bytes as %o", (header, part) => {
    expect(parseRange(header, 100)).toEqual(part);
  });
});
