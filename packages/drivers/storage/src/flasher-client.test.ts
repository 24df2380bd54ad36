import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";

import { serve, type DriverMethods } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import type { FlashProgress } from "./flash.ts";
import { flasher, isImages } from "./flasher-client.ts";
import type { flasherContract } from "./flasher-contract.ts";
import { mockFlasher } from "./mock-flasher.ts";

const serveMock = () => serveDriver(mockFlasher, { definition: flasher });

/** A device that the test plays. */
const servePlayed = (methods: DriverMethods<typeof flasherContract>) =>
  serveDriver(serve(flasher, methods), { definition: flasher });

/** A device that keeps what it was given, by target, with a flaw where the test wants one. */
function createMemoryDevice({ flaw = (bytes: Buffer): Buffer => bytes } = {}) {
  const held = new Map<string, Buffer>();
  const calls: string[] = [];
  const methods: DriverMethods<typeof flasherContract> = {
    async flash(image, target) {
      calls.push(`flash ${target ?? "-"}`);
      held.set(target ?? "-", flaw(await buffer(image)));
    },
    async dump(to, target, { signal }) {
      calls.push(`dump ${target ?? "-"}`);
      await pipeline(Readable.from([held.get(target ?? "-") ?? Buffer.alloc(0)]), to, { signal });
    },
  };
  return { held, calls, methods };
}

async function dumped(client: Awaited<ReturnType<typeof serveMock>>["client"], target?: string): Promise<Buffer> {
  const to = new PassThrough();
  const [bytes] = await Promise.all([buffer(to), client.dump(to, { target })]);
  return bytes;
}

async function createDirectory() {
  const path = await mkdtemp(join(tmpdir(), "jmp-flasher-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

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
    await expect(client.flash(Buffer.from("x"), { encoding: "xz", verify: "hash" })).rejects.toMatchObject({
      reason: "ENCODING_UNSUPPORTED",
    });
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
