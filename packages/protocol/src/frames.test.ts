import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decodeFrame, encodeFrame, type Frame, FrameType, StreamRequest } from "./index.ts";

const payloads = fc.uint8Array({ maxLength: 300 });
// Known types, unknown ones, and negative ones, which take ten bytes.
const frameTypes = fc.oneof(fc.constantFrom(0, 3, 6, 7), fc.integer());

describe("encodeFrame", () => {
  it("writes what the generated codec writes, byte for byte", () => {
    fc.assert(
      fc.property(payloads, frameTypes, (payload, frameType) => {
        expect([...encodeFrame({ payload, frameType })]).toEqual([...generated(payload, frameType)]);
      }),
    );
  });

  it.each([0, 1, 127, 128, 16_383, 16_384, 65_536, 2_097_152])(
    "writes the length of %i bytes as generated code does",
    (n) => {
      const payload = new Uint8Array(n).fill(7);

      expect(encodeFrame({ payload, frameType: 0 }).equals(generated(payload, 0))).toBe(true);
    },
  );

  it("writes an empty data frame as no bytes at all", () => {
    expect(encodeFrame({ payload: new Uint8Array(0), frameType: FrameType.FRAME_TYPE_DATA })).toHaveLength(0);
  });
});

describe("decodeFrame", () => {
  it("reads what the generated codec writes", () => {
    fc.assert(
      fc.property(payloads, frameTypes, (payload, frameType) => {
        const frame = decodeFrame(generated(payload, frameType));

        expect([...frame.payload]).toEqual([...payload]);
        expect(frame.frameType).toBe(frameType);
      }),
    );
  });

  it("reads any bytes as the generated codec does, or refuses them", () => {
    const pieces = fc.oneof(
      // Whole fields: ours, ours with another wire type, and unknown ones.
      fc.tuple(payloads, frameTypes).map(([payload, frameType]) => generated(payload, frameType)),
      fc
        .constantFrom("0805", "1202ab01", "1a03010203", "2101020304050607ff", "2d01020304", "38ffffffffffffffffff01")
        .map(hex),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 6 }), fc.nat(20), (fields, cut) => {
        const whole = Buffer.concat(fields);
        const bytes = whole.subarray(0, Math.max(0, whole.length - cut));
        const theirs = attempt(() => plain(StreamRequest.decode(bytes)));

        // Generated code accepts groups and lengths cut short that we refuse; what we accept is what it reads.
        expect([theirs, undefined]).toContainEqual(attempt(() => plain(decodeFrame(bytes))));
      }),
      { numRuns: 500 },
    );
  });

  it("skips fields that it does not know", () => {
    const bytes = Buffer.concat([
      hex("1a03010203"),
      generated(Buffer.from("x"), 7),
      hex("2101020304050607ff2d0102030438ff01"),
    ]);

    expect(plain(decodeFrame(bytes))).toEqual({ payload: [120], frameType: 7 });
  });

  it("reads no bytes as an empty data frame", () => {
    expect(decodeFrame(new Uint8Array(0))).toEqual({ payload: new Uint8Array(0), frameType: 0 });
  });

  it("takes the last of a repeated field", () => {
    const bytes = Buffer.concat([generated(Buffer.from("first"), 6), generated(Buffer.from("last"), 7)]);

    expect(decodeFrame(bytes)).toEqual({ payload: Buffer.from("last"), frameType: 7 });
  });

  it("hands out a view, not a copy", () => {
    const bytes = encodeFrame({ payload: Buffer.from("abc"), frameType: 0 });

    bytes.write("z", bytes.length - 1);

    expect(Buffer.from(decodeFrame(bytes).payload).toString()).toBe("abz");
  });

  it.each([
    ["a number that never ends", "ffffffffffffffffffffff"],
    ["a payload that is cut short", "0a05aabb"],
    ["a payload longer than any message", "0affffffffffffffffff01"],
    ["a payload of more than 32 bits of length", "0a808080808001"],
    ["an unknown field that is cut short", "1a7f00"],
    ["field number 0", "0001"],
    ["a group", "1b1c"],
  ])("refuses %s", (_name, bytes) => {
    expect(() => decodeFrame(hex(bytes))).toThrow(
      expect.objectContaining({ code: "invalid-argument", reason: "FRAME_MALFORMED" }),
    );
  });
});

function generated(payload: Uint8Array, frameType: number): Buffer {
  return Buffer.from(StreamRequest.encode({ payload, frameType: frameType as FrameType }).finish()); // any number may arrive
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}

function plain({ payload, frameType }: Frame): unknown {
  return { payload: [...payload], frameType };
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
