import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import { createDirectory, createMemoryDevice, dumped, serveMock, servePlayed } from "../test/flashers.ts";
import type { FlashProgress } from "./flash-progress.ts";
import { isImages } from "./flasher-client.ts";

describe("flash", () => {
  it("writes bytes, files, file URLs and streams, byte for byte", async () => {
    await using served = await serveMock();
    await using directory = await createDirectory();
    const image = randomBytes(1_000_003);
    const file = join(directory.path, "image.bin");
    await writeFile(file, image);

    for (const from of [
      image,
      file,
      new URL(`file://${file}`),
      Readable.from([image.subarray(0, 7), image.subarray(7)]),
    ]) {
      await served.client.flash(Buffer.from("something else"));
      expect(await served.client.flash(from)).toEqual({ sha256: undefined, isSkipped: false, isVerified: false });
      expect(Buffer.compare(await dumped(served.client), image)).toBe(0);
    }
    await served.client.dump(join(directory.path, "dump.bin"));
    expect(Buffer.compare(await readFile(join(directory.path, "dump.bin")), image)).toBe(0);
  });

  it("lets the exporter fetch a URL by itself", async () => {
    await using served = await serveMock();
    const server = createServer((_request, response) => response.end("from the web")).listen(0, "127.0.0.1");
    await using _closing = { [Symbol.asyncDispose]: async () => void server.close() };
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;

    await served.client.flash(`http://127.0.0.1:${port}/image`);

    expect(String(await dumped(served.client))).toBe("from the web");
  });

  it("unpacks what is compressed, and packs a dump", async () => {
    await using served = await serveMock();
    await using directory = await createDirectory();
    const image = Buffer.alloc(300_000, "firmware ");

    await served.client.flash(gzipSync(image), { encoding: "gzip", verify: "hash" });
    expect(Buffer.compare(await dumped(served.client), image)).toBe(0);
    await served.client.flash({ from: zstdCompressSync(image), encoding: "zstd" }, { verify: "hash" });
    expect(Buffer.compare(await dumped(served.client), image)).toBe(0);
    await served.client.dump(join(directory.path, "dump.gz"), { encoding: "gzip" });
    expect(Buffer.compare(gunzipSync(await readFile(join(directory.path, "dump.gz"))), image)).toBe(0);
  });

  it("writes each image of a record to its target, in order", async () => {
    const device = createMemoryDevice();
    await using served = await servePlayed(device.methods);

    const seen: FlashProgress[] = [];
    const operation = served.client.flash({ boot: Buffer.from("b"), root: Buffer.from("rr") }, { verify: "hash" });
    for await (const progress of operation) seen.push(progress);

    expect(await operation).toMatchObject({ boot: { isVerified: true }, root: { isVerified: true } });
    expect(device.calls).toEqual(["flash boot", "dump boot", "flash root", "dump root"]);
    expect(seen.at(-1)).toMatchObject({ target: "root", phase: "done" });
    expect([...device.held.keys()]).toEqual(["boot", "root"]);
  });

  it("takes no target beside a record of images", async () => {
    await using served = await serveMock();
    // @ts-expect-error: a record names its targets itself
    const operation = served.client.flash({ boot: Buffer.from("b") }, { target: "root" });
    await expect(operation).rejects.toMatchObject({ code: "invalid-argument", reason: "TARGET_TWICE" });
  });

  it("shows how far it is, and each phase", async () => {
    await using served = await serveMock();
    const phases = new Set<string>();
    let last: FlashProgress | undefined;
    const image = randomBytes(3_000_000);
    const operation = served.client.flash(image, { verify: "hash", onlyIfChanged: true });
    for await (const progress of operation) {
      phases.add(progress.phase);
      expect(progress.doneBytes).toBeLessThanOrEqual(image.length);
      last = progress;
    }
    await operation;
    expect([...phases]).toEqual(expect.arrayContaining(["writing", "done"]));
    expect(last).toMatchObject({ phase: "done", doneBytes: image.length, totalBytes: image.length });
    expect(last?.bytesPerSecond).toBeGreaterThan(0);
    expect(operation.progress).toEqual(last);
  });

  it("is cancelled in the middle, at both ends", async () => {
    const { promise: ended, resolve } = Promise.withResolvers<unknown>();
    await using served = await servePlayed({
      flash: async (image) => resolve(await buffer(image).catch((error: unknown) => error)),
      dump: () => undefined,
    });
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield new Uint8Array(65_536);
    }

    const operation = served.client.flash(endless());
    for await (const { doneBytes } of operation) if (doneBytes > 1_000_000) break;
    operation.cancel();

    await expect(operation).rejects.toMatchObject({ code: "cancelled" });
    expect(await ended).toBeInstanceOf(Error);
  }, 10_000);

  it("gives up when nothing moves, and says how far it was", async () => {
    await using served = await servePlayed({
      flash: (_image, _target, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", reject)),
      dump: () => undefined,
    });

    const failure = served.client.flash(randomBytes(50_000_000), { stallTimeoutMs: 150 });

    await expect(failure).rejects.toMatchObject({
      code: "deadline-exceeded",
      reason: "FLASH_STALLED",
      message: expect.stringMatching(/^the flash of flasher stalled: nothing moved for 150ms, after \d+ bytes of/),
    });
  });

  it("allows a device its time to finish, with a limit of its own", async () => {
    await using served = await servePlayed({
      async flash(image, _target, { signal }) {
        await buffer(image);
        await new Promise((_resolve, reject) => signal.addEventListener("abort", reject));
      },
      dump: () => undefined,
    });
    const image = Buffer.from("small");
    await expect(served.client.flash(image, { finishTimeoutMs: 100 })).rejects.toMatchObject({
      reason: "FLASH_STALLED",
      message: expect.stringContaining(`in the phase "finishing"`),
    });
  });

  it("sees the end of a stream too, from where the device may take its time", async () => {
    await using served = await serveMock();
    const phases = new Set<string>();
    const operation = served.client.flash(Readable.from([Buffer.alloc(100_000)]));
    for await (const { phase } of operation) phases.add(phase);
    await operation;
    expect([...phases].at(-1)).toBe("done");
    await using stuck = await servePlayed({
      async flash(image, _target, { signal }) {
        await buffer(image);
        await new Promise((_resolve, reject) => signal.addEventListener("abort", reject));
      },
      dump: () => undefined,
    });
    const failure = stuck.client.flash(Readable.from([Buffer.alloc(100_000)]), { finishTimeoutMs: 100 });
    await expect(failure).rejects.toMatchObject({ message: expect.stringContaining(`in the phase "finishing"`) });
  });

  it.each([{ verify: "hash" }, { onlyIfChanged: true }] as const)(
    "says that an image is not compressed as it should be, with %o",
    async (options) => {
      const device = createMemoryDevice();
      await using served = await servePlayed(device.methods);
      await served.client.flash(Buffer.from("x"), { onlyIfChanged: true });
      const failure = served.client.flash(randomBytes(300_000), { encoding: "gzip", ...options });
      await expect(failure).rejects.toMatchObject({
        code: "invalid-argument",
        message: expect.stringContaining("gzip"),
      });
    },
  );

  it("refuses what it cannot send before it calls the device", async () => {
    const device = createMemoryDevice();
    await using served = await servePlayed(device.methods);
    const { client } = served;
    await expect(client.flash("/no/such/image")).rejects.toMatchObject({ code: "not-found", reason: "IMAGE_MISSING" });
    await expect(client.flash(tmpdir())).rejects.toMatchObject({ reason: "IMAGE_INVALID" });
    await expect(client.flash("oci://quay.io/x/y:latest")).rejects.toMatchObject({ code: "unsupported" });
    await expect(client.flash("https://x/y.gz", { encoding: "gzip" })).rejects.toMatchObject({
      reason: "IMAGE_INVALID",
    });
    await expect(client.flash("https://x/y", { verify: "hash" })).rejects.toMatchObject({ reason: "IMAGE_INVALID" });
    expect(device.calls).toEqual([]);
  });

  it("says that a partition was never flashed", async () => {
    await using served = await serveMock();
    await expect(served.client.dump(new PassThrough(), { target: "boot" })).rejects.toMatchObject({
      reason: "PARTITION_EMPTY",
    });
  });

  it("keeps partitions apart, whatever their names", async () => {
    await using served = await serveMock();
    const names = ["boot", "../../etc/passwd", "a/b", "", "default"];
    for (const target of names) await served.client.flash(Buffer.from(`for ${target}`), { target });
    for (const target of names) expect(String(await dumped(served.client, target))).toBe(`for ${target}`);
    expect(String(await dumped(served.client))).toBe("for default");
  });
});

describe("a record of images", () => {
  it.each([
    [{ boot: "a.img", root: "b.img" }, true],
    [{}, true],
    [{ from: "a.img", to: "b.img" }, true],
    [{ from: "a.img", encoding: "gzip" } as const, false],
    ["a.img", false],
    [new Uint8Array(), false],
    [new URL("file:///a.img"), false],
    [Readable.from([]), false],
  ])("is told from one image: %o", (given, expected) => {
    expect(isImages(given)).toBe(expected);
  });
});
