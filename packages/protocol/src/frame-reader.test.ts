import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createFrameReader } from "./frame-reader.ts";
import { encodeFrame, type Frame } from "./frames.ts";

describe("a reader of frames", () => {
  it("gives what was written, however the bytes are cut on the way", () => {
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 9 })), (sent, cuts) => {
        expect(read(cut(Buffer.concat(sent.map(message)), cuts))).toEqual(sent);
      }),
    );
  });

  it("hands a long payload on while it arrives", () => {
    const seen: Frame[] = [];
    const reader = createFrameReader((frame) => seen.push(frame), 1_000);
    const bytes = message({ payload: new Uint8Array(100).fill(1), frameType: 0 });

    reader.push(bytes.subarray(0, 50));

    expect(seen).toMatchObject([{ isPartial: true }]);
    expect(reader.isAtEdge()).toBe(false);
    reader.push(bytes.subarray(50));
    expect(seen.map(({ isPartial }) => isPartial)).toEqual([true, false]);
    expect(reader.isAtEdge()).toBe(true);
  });

  it.each([
    ["compressed", Buffer.from([1, 0, 0, 0, 0]), "it is compressed"],
    ["longer than allowed", Buffer.from([0, 0, 0, 4, 0]), "it has 1024 bytes, more than the 1000 allowed"],
  ])("refuses a message that is %s", (_what, bytes, sentence) => {
    const reader = createFrameReader(() => undefined, 1_000);

    expect(() => reader.push(bytes)).toThrow(sentence);
  });
});

const frames: fc.Arbitrary<Frame> = fc.record({
  payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  frameType: fc.constantFrom(0, 3, 7, 99),
});

function message(frame: Frame): Buffer {
  const bytes = encodeFrame(frame, 5);
  bytes[0] = 0;
  bytes.writeUInt32BE(bytes.length - 5, 1);
  return bytes;
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let from = 0;
  for (const size of sizes) {
    if (from < bytes.length) yield bytes.subarray(from, from + size);
    from += size;
  }
  if (from < bytes.length) yield bytes.subarray(from);
}

function read(chunks: Iterable<Buffer>): Frame[] {
  const all: Frame[] = [];
  const parts: Uint8Array[] = [];
  const reader = createFrameReader(({ payload, frameType, isPartial }) => {
    parts.push(payload);
    if (isPartial !== true) all.push({ payload: Buffer.concat(parts.splice(0)), frameType });
  }, 1_000);
  for (const chunk of chunks) reader.push(chunk);
  return all;
}
