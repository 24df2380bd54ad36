import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { gzipSync } from "node:zlib";

import { readAll, type ContentEncoding } from "@jumpstarter-ts/core";
import { canEncode, createEncoder } from "@jumpstarter-ts/encoding";
import { afterEach, describe, expect, it, vi } from "vitest";

import { createMemoryDevice, serveMock, servePlayed } from "../test/flashers.ts";

describe("flash with verify", () => {
  it("compares what the device holds with what was written, and fails when they differ", async () => {
    const device = createMemoryDevice({
      flaw(bytes) {
        bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
        return bytes;
      },
    });
    await using served = await servePlayed(device.methods);
    const failure = served.client.flash(randomBytes(100_000), { verify: "hash" });
    await expect(failure).rejects.toMatchObject({ code: "unavailable", reason: "VERIFY_MISMATCH" });
  });

  it("fails when the device gives back less", async () => {
    const device = createMemoryDevice({ flaw: (bytes) => bytes.subarray(1) });
    await using served = await servePlayed(device.methods);
    await expect(served.client.flash(randomBytes(1_000), { verify: "hash" })).rejects.toMatchObject({
      reason: "VERIFY_MISMATCH",
      message: expect.stringContaining("999 of 1000 bytes"),
    });
  });

  it("does not read a large device behind the image to its end", async () => {
    const endless = new Uint8Array(65_536);
    const image = randomBytes(100_000);
    const { promise: dumpEnded, resolve } = Promise.withResolvers<boolean>();
    await using served = await servePlayed({
      flash: async (source) => void (await buffer(source)),
      async dump(to, _target, { signal }) {
        async function* content(): AsyncGenerator<Uint8Array> {
          yield image;
          for (;;) yield endless;
        }
        await pipeline(content(), to, { signal }).catch(() => resolve(true));
      },
    });

    expect(await served.client.flash(image, { verify: "hash" })).toMatchObject({ isVerified: true });
    expect(await dumpEnded).toBe(true);
  }, 10_000);

  it("fails when the device was done before it had taken the image", async () => {
    await using served = await servePlayed({ flash: () => undefined, dump: () => undefined });
    await expect(served.client.flash(randomBytes(20_000_000), { verify: "hash" })).rejects.toMatchObject({
      reason: "VERIFY_MISMATCH",
    });
  });
});

describe("flash with onlyIfChanged", () => {
  it("writes an image once, and again after another one", async () => {
    const device = createMemoryDevice();
    await using served = await servePlayed(device.methods);
    const [one, two] = [Buffer.from("one"), Buffer.from("two")];
    const skipped: boolean[] = [];
    for (const image of [one, one, two, one, one]) {
      skipped.push((await served.client.flash(image, { onlyIfChanged: true })).isSkipped);
    }
    expect(skipped).toEqual([false, true, false, false, true]);
    expect(device.calls).toHaveLength(3);
  });

  it("knows a packed image by what is in it", async () => {
    const device = createMemoryDevice();
    await using served = await servePlayed(device.methods);
    const image = Buffer.alloc(10_000, "x");
    await served.client.flash(image, { onlyIfChanged: true });
    expect(await served.client.flash(gzipSync(image), { onlyIfChanged: true, encoding: "gzip" })).toMatchObject({
      isSkipped: true,
    });
  });

  it("keeps targets apart, and knows that a part and the whole overlap", async () => {
    const device = createMemoryDevice();
    await using served = await servePlayed(device.methods);
    const image = Buffer.from("image");
    const flash = async (target?: string): Promise<boolean> =>
      (await served.client.flash(image, { onlyIfChanged: true, target })).isSkipped;
    expect(await flash("a")).toBe(false);
    expect(await flash("b")).toBe(false);
    expect(await flash("a")).toBe(true);
    expect(await flash()).toBe(false);
    expect(await flash()).toBe(true);
    expect(await flash("a")).toBe(false);
    expect(await flash()).toBe(false);
  });

  it("knows nothing after a flash that failed, or one that it did not look into", async () => {
    const device = createMemoryDevice();
    await using served = await servePlayed(device.methods);
    const image = Buffer.from("image");
    await served.client.flash(image, { onlyIfChanged: true });
    await expect(served.client.flash("/no/such/file")).rejects.toThrow("no image");
    expect(await served.client.flash(image, { onlyIfChanged: true })).toMatchObject({ isSkipped: true });
    await served.client.flash(Buffer.from("other"));
    expect(await served.client.flash(image, { onlyIfChanged: true })).toMatchObject({ isSkipped: false });
  });

  it("needs an image that can be read twice", async () => {
    await using served = await serveMock();
    const failure = served.client.flash(Readable.from([Buffer.from("x")]), { onlyIfChanged: true });
    await expect(failure).rejects.toMatchObject({ reason: "IMAGE_INVALID" });
  });
});

const pack = (bytes: Uint8Array, encoding: ContentEncoding): Promise<Uint8Array> =>
  readAll(Readable.from([bytes]).pipe(createEncoder(encoding)));

afterEach(() => {
  vi.unstubAllEnvs();
});

it.skipIf(!canEncode("xz"))("leaves no decoder running behind a flash that never began", async () => {
  const served = await serveMock();
  await served[Symbol.asyncDispose]();

  const failure = served.client.flash(Buffer.from("x"), { encoding: "xz", verify: "hash" });

  await expect(failure).rejects.toThrow(Error);
  await expect.poll(() => process.getActiveResourcesInfo()).not.toContain("ProcessWrap");
});

describe.skipIf(!canEncode("xz") || !canEncode("bz2"))("an image that was packed in several pieces", () => {
  const image = randomBytes(1_000_003);
  const sha256 = createHash("sha256").update(image).digest("hex");

  const packed = async (encoding: ContentEncoding): Promise<Buffer> =>
    Buffer.concat([await pack(image.subarray(0, 400_000), encoding), await pack(image.subarray(400_000), encoding)]);

  it.each(["gzip", "zstd", "xz", "bz2"] as const)("is looked into to its end, as %s", async (encoding) => {
    const device = createMemoryDevice();
    await using served = await servePlayed(device.methods);
    const from = await packed(encoding);

    const first = await served.client.flash({ from, encoding }, { onlyIfChanged: true, verify: "hash" });
    const second = await served.client.flash({ from, encoding }, { onlyIfChanged: true, verify: "hash" });

    expect(first).toEqual({ sha256, isSkipped: false, isVerified: true });
    expect(second).toEqual({ sha256, isSkipped: true, isVerified: false });
    expect(device.held.get("-")?.equals(image)).toBe(true);
  });

  it.each(["xz", "bz2"] as const)("is looked into without the program for %s", async (encoding) => {
    const device = createMemoryDevice();
    await using served = await servePlayed(device.methods);
    const from = await packed(encoding);
    vi.stubEnv("PATH", "");

    const options = { encoding, onlyIfChanged: true, verify: "hash", stallTimeoutMs: 5_000 } as const;

    expect(await served.client.flash(from, options)).toMatchObject({ sha256, isVerified: true });
    expect(await served.client.flash(from, options)).toMatchObject({ isSkipped: true });
  });

  it.each(["gzip", "zstd", "xz", "bz2"] as const)(
    "is refused where its last piece lacks its end, as %s",
    async (encoding) => {
      const device = createMemoryDevice();
      await using served = await servePlayed(device.methods);
      const whole = await packed(encoding);

      const failure = served.client.flash(whole.subarray(0, -100), { encoding, verify: "hash" });

      await expect(failure).rejects.toMatchObject({ code: "invalid-argument", reason: "IMAGE_INVALID" });
    },
  );
});
