import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { gzipSync, zstdCompressSync } from "node:zlib";

import { readAll } from "@jumpstarter-ts/core";
import { canEncode } from "@jumpstarter-ts/encoding";
import { afterEach, describe, expect, it, vi } from "vitest";

import { inflated } from "./inflate.ts";

const image = randomBytes(300_000);
const never = new AbortController().signal;

const packers = {
  gzip: (bytes: Uint8Array) => gzipSync(bytes),
  zstd: (bytes: Uint8Array) => zstdCompressSync(bytes),
  xz: (bytes: Uint8Array) => execFileSync("xz", ["-zc"], { input: bytes }),
  bz2: (bytes: Uint8Array) => execFileSync("bzip2", ["-zc"], { input: bytes }),
};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.skipIf(!canEncode("xz") || !canEncode("bz2"))("an image that is packed", () => {
  it.each(Object.entries(packers))(
    "with %s is unpacked to the end of its last piece, without a program",
    async (_name, pack) => {
      const packed = Buffer.concat([pack(image.subarray(0, 100_000)), pack(image.subarray(100_000))]);
      vi.stubEnv("PATH", "");

      const unpacked = await readAll(
        Readable.from(inflated(Readable.from([packed.subarray(0, 3), packed.subarray(3)]), never)),
      );

      expect(image.equals(unpacked)).toBe(true);
    },
  );

  it.each(Object.entries(packers))("with %s is refused without its end", async (_name, pack) => {
    const cut = pack(image).subarray(0, -50);

    const unpacked = readAll(Readable.from(inflated(Readable.from([cut]), never)));

    await expect(unpacked).rejects.toMatchObject({ code: "invalid-argument", reason: "IMAGE_INVALID" });
  });

  it("leaves no program behind when its flash is given up", async () => {
    const given = new AbortController();
    async function* stuck(): AsyncGenerator<Uint8Array> {
      yield packers.xz(image).subarray(0, 100_000);
      given.abort();
      await new Promise(() => undefined);
    }

    const unpacked = readAll(Readable.from(inflated(Readable.from(stuck()), given.signal)));

    await expect(unpacked).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(() => process.getActiveResourcesInfo()).not.toContain("ProcessWrap");
  });
});

it("is given as it is where it is not packed", async () => {
  expect(image.equals(await readAll(Readable.from(inflated(Readable.from([image]), never))))).toBe(true);
});
