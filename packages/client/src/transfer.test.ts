import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { gunzipSync, gzipSync } from "node:zlib";

import { argument, contract, defineDriver, readAll, sink, source, unary, type Remote } from "@jumpstarter-ts/core";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";

import { registryOf, serveLoopback, type LoopbackDevice } from "../test/loopback-exporter.ts";
import { connect } from "./connect.ts";

const flashContract = contract({
  name: "flasher",
  label: "jumpstarter.client.flasher.FlasherClient",
  methods: {
    flash: unary({ arguments: [source("source"), argument("target", z.string().optional())], result: z.unknown() }),
    dump: unary({ arguments: [sink("sink")] }),
  },
});
const flasher = defineDriver({ contract: flashContract, client: (remote: Remote<typeof flashContract>) => remote });

async function openFlasher(methods: NonNullable<LoopbackDevice["unary"]>) {
  const exporter = await serveLoopback({ flasher: { label: flashContract.label, unary: methods } });
  const session = await connect({ host: exporter.host, registry: registryOf(flasher) });
  const directory = await mkdtemp(join(tmpdir(), "jmp-transfer-"));
  return {
    remote: session.device("flasher").as(flasher),
    directory,
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

const hashOf = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** "a small image, packed elsewhere\n", 1000 times. */
const packed = {
  xz: Buffer.from(
    "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Hz/AGJdADCICmcTlgJTNSrwCnOf9tUG5S7P8wG57SR+pCn2Cy1DX4IJmCMwY1iIugFGOYcIKge231K0g2+C3Iyk6e2CdYU6QsYU7xlPh1ZAR6rAMzl4jAj2xCYlUexweTJw75DSKgYAAAAAir4KHAj4kdoAAX6A+gEAAAqUgquxxGf7AgAAAAAEWVo=",
    "base64",
  ),
  bz2: Buffer.from(
    "QlpoOTFBWSZTWajfKLUADavRgAAQQAQu7liAMADwBQ00wACaqpp6aQwIUNNMAGakGakG9SDWpBmpBipBrUg5qQc1SDFSDFSDqpBvUg6qQb1IOakHdSDapB5UgxUg7qQdVIMVIP1SDypBtUgzUg91INakGlSDSpB/F3JFOFCQqN8otQ==",
    "base64",
  ),
};

/** A driver that reads its resource to the end and answers with the hash. */
const hashing: NonNullable<LoopbackDevice["unary"]> = {
  async flash([handle], call) {
    const stream = call.resource(handle);
    const data = await readAll(stream);
    stream.end();
    return hashOf(data);
  },
};

describe("a source argument", () => {
  it("streams a local file, larger than any window, and tells how far it is", async () => {
    await using bench = await openFlasher(hashing);
    const image = randomBytes(3 * 1024 * 1024 + 17);
    const path = join(bench.directory, "image.bin");
    await writeFile(path, image);
    const progress: number[] = [];
    const flash = bench.remote
      .with({ onProgress: ({ doneBytes, totalBytes }) => progress.push(doneBytes, totalBytes ?? 0) })
      .call("flash", path);
    await expect(flash).resolves.toBe(hashOf(image));
    expect(progress.slice(-2)).toEqual([image.length, image.length]);
  });

  it("takes bytes, and streams of bytes", async () => {
    await using bench = await openFlasher(hashing);
    const image = randomBytes(200_000);
    async function* chunks() {
      yield image.subarray(0, 150_000);
      yield image.subarray(150_000);
    }
    await expect(bench.remote.call("flash", image)).resolves.toBe(hashOf(image));
    await expect(bench.remote.call("flash", chunks())).resolves.toBe(hashOf(image));
  });

  it("decompresses here what the exporter cannot", async () => {
    await using bench = await openFlasher(hashing);
    const image = randomBytes(100_000);
    const flash = bench.remote.call("flash", { from: gzipSync(image), encoding: "gzip" });
    await expect(flash).resolves.toBe(hashOf(image));
  });

  it.each(["xz", "bz2"] as const)("decompresses %s here without any program", async (encoding) => {
    await using bench = await openFlasher(hashing);
    const image = Buffer.from("a small image, packed elsewhere\n".repeat(1000));
    vi.stubEnv("PATH", "");
    const flash = bench.remote.call("flash", { from: packed[encoding], encoding });
    await expect(flash).resolves.toBe(hashOf(image));
    vi.unstubAllEnvs();
  });

  it("is not sent to its end where it lacks its own", async () => {
    await using bench = await openFlasher(hashing);
    const flash = bench.remote.call("flash", { from: packed.xz.subarray(0, -20), encoding: "xz" });
    await expect(flash).rejects.toMatchObject({ reason: "TRANSFER_FAILED" });
  });

  it("names a file that is not there, before anything is sent", async () => {
    await using bench = await openFlasher(hashing);
    const path = join(bench.directory, "missing.hex");
    await expect(bench.remote.call("flash", path)).rejects.toMatchObject({
      code: "not-found",
      reason: "RESOURCE_FILE_MISSING",
      message: `argument 1 (source) of flasher.flash names the file ${path}, which cannot be read: there is no ${path}`,
    });
  });

  it("lets the exporter fetch a URL by itself", async () => {
    let handle: unknown;
    await using bench = await openFlasher({ flash: ([given]) => void (handle = given) });
    await bench.remote.call("flash", "https://example.com/image.bin", "sd");
    expect(handle).toEqual({
      kind: "presigned_request",
      url: "https://example.com/image.bin",
      method: "GET",
      headers: {},
    });
  });

  it("may be left unread by the driver", async () => {
    await using bench = await openFlasher({ flash: () => "no need" });
    await expect(bench.remote.call("flash", randomBytes(4 * 1024 * 1024))).resolves.toBe("no need");
  });

  it("fails the call with its own failure when the bytes cannot be read", async () => {
    await using bench = await openFlasher(hashing);
    async function* broken() {
      yield randomBytes(10);
      throw new Error("disk gone");
    }
    await expect(bench.remote.call("flash", broken())).rejects.toThrow(
      "flasher.flash failed: sending a stream broke off: disk gone",
    );
  });
});

describe("a sink argument", () => {
  const image = randomBytes(300_000);
  const dumping: NonNullable<LoopbackDevice["unary"]> = {
    async dump([handle], call) {
      call.resource(handle).end(image);
    },
  };

  it("writes a file that appears when it is whole", async () => {
    await using bench = await openFlasher(dumping);
    const path = join(bench.directory, "dump.bin");
    await bench.remote.call("dump", path);
    expect(hashOf(await readFile(path))).toBe(hashOf(image));
    expect(await readdir(bench.directory)).toEqual(["dump.bin"]);
  });

  it("leaves nothing behind when the driver fails", async () => {
    await using bench = await openFlasher({
      async dump([handle], call) {
        call.resource(handle).write("half");
        throw new Error("chip is locked");
      },
    });
    await expect(bench.remote.call("dump", join(bench.directory, "dump.bin"))).rejects.toThrow("chip is locked");
    expect(await readdir(bench.directory)).toEqual([]);
  });

  it("compresses here what the exporter cannot", async () => {
    await using bench = await openFlasher(dumping);
    const path = join(bench.directory, "dump.bin.gz");
    await bench.remote.call("dump", { to: path, encoding: "gzip" });
    expect(hashOf(gunzipSync(await readFile(path)))).toBe(hashOf(image));
  });

  it("writes to a stream", async () => {
    await using bench = await openFlasher(dumping);
    const chunks: Buffer[] = [];
    const target = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });
    await bench.remote.call("dump", target);
    expect(hashOf(Buffer.concat(chunks))).toBe(hashOf(image));
  });

  it("names a directory that is not there", async () => {
    await using bench = await openFlasher(dumping);
    await expect(bench.remote.call("dump", join(bench.directory, "no", "dump.bin"))).rejects.toMatchObject({
      reason: "RESOURCE_FILE_MISSING",
      message: expect.stringContaining("there is no directory"),
    });
  });
});
