import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";

import { readAll } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { canEncode, createDecoder } from "./content-encoding.ts";

const withoutProgram = { path: "" };

function xz(bytes: Uint8Array, level: string): Buffer {
  return execFileSync("xz", ["-zc", level], { input: bytes, maxBuffer: 2 ** 26 });
}

describe.skipIf(!canEncode("xz"))("without the program xz", () => {
  it("one stream can wait for another, as where a flash looks into what it sends", async () => {
    const image = randomBytes(1_000_000);
    const packed = xz(image, "-6");
    const [near, far] = [createDecoder("xz", withoutProgram), createDecoder("xz", withoutProgram)];
    const plain = [readAll(near), readAll(far)];

    for (let at = 0; at < packed.length; at += 65_536) {
      for (const decoder of [near, far]) {
        if (!decoder.write(packed.subarray(at, at + 65_536))) await new Promise((done) => decoder.once("drain", done));
      }
    }
    near.end();
    far.end();

    for (const bytes of await Promise.all(plain)) expect(image.equals(bytes)).toBe(true);
  });

  it("files with windows of every size are unpacked side by side", async () => {
    const images = ["-0", "-6", "-9", "-3", "-1"].map((level, index) => ({
      level,
      image: Buffer.concat([randomBytes(300_000), Buffer.alloc(3_000_000 * (index + 1), "firmware")]),
    }));

    const unpacked = await Promise.all(
      images.map(({ image, level }) =>
        readAll(Readable.from(pieces(xz(image, level))).pipe(createDecoder("xz", withoutProgram))),
      ),
    );

    expect(unpacked.map((bytes, index) => images[index]?.image.equals(bytes))).toEqual(images.map(() => true));
  });
});

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}
