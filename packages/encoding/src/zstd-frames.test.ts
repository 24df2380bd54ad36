import { Readable } from "node:stream";
import { zstdCompressSync } from "node:zlib";

import { readAll } from "@jumpstarter-ts/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createDecoder } from "./content-encoding.ts";
import { cutZstdFrames } from "./zstd-frames.ts";

/** Any bytes: short, long enough for several blocks, and runs that are blocks of their own kind. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 0, max: 300_000 }).map((length) => Buffer.alloc(length, "run")),
  fc
    .integer({ min: 0, max: 300_000 })
    .map((length) => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * i) >> 3))),
);

function skippable(bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a53, 0);
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

function pieces(bytes: Uint8Array, count: number): Uint8Array[] {
  const size = Math.ceil(bytes.length / count);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

describe("a .zst file of several frames", () => {
  it("is all of its frames, however it is cut on the way", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ content, isSkippable: fc.boolean(), hasChecksum: fc.boolean() }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.integer({ min: 1, max: 300 }),
        async (parts, count) => {
          const packed = parts.map(({ content: bytes, isSkippable, hasChecksum }) =>
            // 201 is ZSTD_c_checksumFlag.
            isSkippable ? skippable(bytes) : zstdCompressSync(bytes, { params: { 201: hasChecksum ? 1 : 0 } }),
          );
          const plain = Buffer.concat(parts.flatMap((part) => (part.isSkippable ? [] : [part.content])));

          const chunks = Readable.from(pieces(Buffer.concat(packed), count));

          expect(Buffer.compare(await readAll(chunks.pipe(createDecoder("zstd"))), plain)).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("is not changed by being cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 })),
        fc.integer({ min: 1, max: 30 }),
        async (parts, size) => {
          const packed = Buffer.concat(parts.map((part) => zstdCompressSync(part)));
          const given = Array.from({ length: Math.ceil(packed.length / size) }, (_, index) =>
            packed.subarray(index * size, (index + 1) * size),
          );

          const cut = await readAll(Readable.from(given).pipe(cutZstdFrames()));

          expect(Buffer.compare(cut, packed)).toBe(0);
        },
      ),
    );
  });

  it("is refused where its last frame lacks its end", async () => {
    const packed = Buffer.concat([zstdCompressSync("one"), zstdCompressSync(Buffer.alloc(1000, "two"))]);

    const decoded = readAll(Readable.from([packed.subarray(0, -3)]).pipe(createDecoder("zstd")));

    await expect(decoded).rejects.toThrow("unexpected end");
  });
});
