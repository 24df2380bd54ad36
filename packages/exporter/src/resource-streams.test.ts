import { once } from "node:events";
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import { openBench, readEnd } from "../test/bench.ts";
import { createProbe, pattern, sha256 } from "../test/probe.ts";

async function probeBench() {
  const probe = createProbe();
  const bench = await openBench({
    yaml: "export: { probe: { type: probe }, other: { type: probe } }",
    drivers: { probe: probe.implementation },
  });
  return { ...bench, probe, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

/** Over the limit of the buffers on the way, and not a multiple of anything. */
const size = 5_000_003;
const image = pattern(size);

describe("a resource that a driver reads", () => {
  it("arrives byte for byte, while the call runs", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe");

    const taken = bench.call("probe", "take", handle);
    stream.end(image);

    expect(await taken).toEqual({ length: size, sha256: sha256(image) });
    // The client waits for the end of the other direction before it goes on.
    expect(await readEnd(stream)).toHaveLength(0);
  });

  it("may be empty", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe");

    stream.end();

    expect(await bench.call("probe", "take", handle)).toMatchObject({ length: 0 });
  });

  it.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ])("is decompressed where it is %s at the client", async (encoding, compress) => {
    await using bench = await probeBench();
    const { handle, acceptEncoding, stream } = await bench.lend("probe", encoding);

    stream.end(compress(image));

    expect(acceptEncoding).toBe(encoding);
    expect(handle.x_jmp_content_encoding).toBe(encoding);
    expect(await bench.call("probe", "take", handle)).toEqual({ length: size, sha256: sha256(image) });
  });

  it("is left to the client where its encoding is unknown", async () => {
    await using bench = await probeBench();

    const { handle, acceptEncoding, stream } = await bench.lend("probe", "rot13");

    expect(acceptEncoding).toBeUndefined();
    expect(handle.x_jmp_content_encoding).toBeNull();
    stream.destroy();
  });

  it("is refused where its handle names an encoding that nobody knows", async () => {
    await using bench = await probeBench();
    const { handle } = await bench.lend("probe");

    await expect(bench.call("probe", "take", { ...handle, x_jmp_content_encoding: "rot13" })).rejects.toMatchObject({
      code: "unsupported",
      reason: "RESOURCE_ENCODING_UNKNOWN",
    });
  });

  it("that is not what its client said is refused", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe", "gzip");

    stream.end(image);

    await expect(bench.call("probe", "take", handle)).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "RESOURCE_NOT_ENCODED",
    });
  });

  it("waits at the client until the driver takes it", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe");
    const limit = 64 * 1024 ** 2;
    let written = 0;
    while (written < limit && (stream.write(Buffer.alloc(64 * 1024)) || (await drained(stream)))) written += 64 * 1024;

    expect(written).toBeLessThan(limit / 4);

    stream.end();
    expect(await bench.call("probe", "take", handle)).toMatchObject({ length: expect.any(Number) });
  });

  it("is read to its end for the client's sake where the driver stops early", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe");

    stream.end(image);
    const taken = await bench.call("probe", "take", handle, 10);

    expect(taken).toMatchObject({ length: expect.any(Number) });
    expect(await readEnd(stream)).toHaveLength(0);
  });

  it("counts once", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe");
    stream.end("x");
    await bench.call("probe", "take", handle);

    await expect(bench.call("probe", "take", handle)).rejects.toMatchObject({
      code: "not-found",
      reason: "RESOURCE_UNKNOWN",
    });
  });

  it("is for the device whose stream it is", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("other");

    await expect(bench.call("probe", "take", handle)).rejects.toMatchObject({ reason: "RESOURCE_UNKNOWN" });
    stream.destroy();
  });

  it("is not used up by a call with another wrong argument", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe");
    await expect(bench.call("probe", "take", handle, "all")).rejects.toMatchObject({ reason: "SCHEMA_MISMATCH" });

    stream.end(image);

    expect(await bench.call("probe", "take", handle)).toMatchObject({ length: size });
  });

  it("breaks in the driver's hands when the client vanishes, and is no shorter image", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe");
    const taken = bench.call("probe", "take", handle);
    stream.write(image.subarray(0, 1000));
    await bench.probe.saw("take started");

    stream.destroy();

    await expect(taken).rejects.toMatchObject({ code: "unavailable" });
    expect(bench.probe.open).toEqual(new Set(["driver"]));
  });
});

describe("a resource that a driver writes", () => {
  it("arrives byte for byte, and its end says that nothing is missing", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe");

    const [received] = await Promise.all([readEnd(stream), bench.call("probe", "give", handle, size)]);

    expect(Buffer.compare(received, image)).toBe(0);
  });

  it.each([
    ["gzip", gunzipSync],
    ["zstd", zstdDecompressSync],
  ])("is compressed where the client wants %s", async (encoding, decompress) => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe", encoding);

    const [received] = await Promise.all([readEnd(stream), bench.call("probe", "give", handle, size)]);

    expect(received.length).toBeLessThan(size);
    expect(Buffer.compare(decompress(received), image)).toBe(0);
  });

  it("breaks in the driver's hands when the client vanishes", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe");
    const given = bench.call("probe", "give", handle, 50_000_000);
    await once(stream, "readable");

    stream.destroy();

    await expect(given).rejects.toMatchObject({ code: "unavailable" });
    expect(bench.probe.open).toEqual(new Set(["driver"]));
  });
});

async function drained(stream: NodeJS.EventEmitter): Promise<boolean> {
  try {
    await once(stream, "drain", { signal: AbortSignal.timeout(200) });
    return true;
  } catch {
    return false;
  }
}
