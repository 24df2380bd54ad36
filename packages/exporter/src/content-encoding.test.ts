import { execFileSync } from "node:child_process";
import { Readable } from "node:stream";

import { readAll } from "@jumpstarter-ts/core";
import { canEncode, createDecoder, createEncoder } from "@jumpstarter-ts/encoding";
import { afterEach, describe, expect, it, vi } from "vitest";

import { openBench, readEnd } from "../test/bench.ts";
import { createProbe, pattern, sha256 } from "../test/probe.ts";

const image = pattern(2_000_003);
const taken = { length: image.length, sha256: sha256(image) };

async function probeBench() {
  return openBench({ yaml: "export: { probe: { type: probe } }", drivers: { probe: createProbe().implementation } });
}

const isPackerMissing = !canEncode("xz") || !canEncode("bz2");

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(["gzip", "zstd", "xz", "bz2"] as const)("a resource that is %s", (encoding) => {
  const pack = (bytes: Uint8Array): Promise<Uint8Array> =>
    readAll(Readable.from([bytes]).pipe(createEncoder(encoding)));

  describe.skipIf(isPackerMissing)("with the programs xz and bzip2", () => {
    it("is decompressed for the driver", async () => {
      await using bench = await probeBench();
      const { handle, acceptEncoding, stream } = await bench.lend("probe", encoding);

      stream.end(await pack(image));

      expect(acceptEncoding).toBe(encoding);
      expect(await bench.call("probe", "take", handle)).toEqual(taken);
    });

    it("is compressed for the client", async () => {
      await using bench = await probeBench();
      const { handle, stream } = await bench.lend("probe", encoding);

      const [received] = await Promise.all([readEnd(stream), bench.call("probe", "give", handle, image.length)]);

      expect(Buffer.compare(await readAll(Readable.from([received]).pipe(createDecoder(encoding))), image)).toBe(0);
    });
  });

  describe.skipIf(isPackerMissing).each(["with its program", "without any program"])("%s", (where) => {
    it("is refused where its end is missing, and is no shorter image", async () => {
      await using bench = await probeBench();
      const { handle, stream } = await bench.lend("probe", encoding);
      const whole = await pack(image);
      if (where === "without any program") vi.stubEnv("PATH", "");

      stream.end(whole.subarray(0, whole.length - 100));

      await expect(bench.call("probe", "take", handle)).rejects.toMatchObject({ reason: "RESOURCE_NOT_ENCODED" });
    });

    it("may be left in the middle, and the next is undone as ever", async () => {
      await using bench = await probeBench();
      const left = await bench.lend("probe", encoding);
      const next = await bench.lend("probe", encoding);
      const whole = await pack(image);
      if (where === "without any program") vi.stubEnv("PATH", "");

      left.stream.end(whole);
      expect(await bench.call("probe", "take", left.handle, 10)).toMatchObject({ length: expect.any(Number) });
      expect(await readEnd(left.stream)).toHaveLength(0);

      next.stream.end(whole);
      expect(await bench.call("probe", "take", next.handle)).toEqual(taken);
    });

    it("is refused where it is something else", async () => {
      await using bench = await probeBench();
      const { handle, stream } = await bench.lend("probe", encoding);
      if (where === "without any program") vi.stubEnv("PATH", "");

      stream.end(pattern(100_000));

      await expect(bench.call("probe", "take", handle)).rejects.toMatchObject({ reason: "RESOURCE_NOT_ENCODED" });
    });

    it("is one image where it was packed in two pieces", async () => {
      await using bench = await probeBench();
      const { handle, stream } = await bench.lend("probe", encoding);
      const pieces = [await pack(image.subarray(0, 1_000_000)), await pack(image.subarray(1_000_000))];
      if (where === "without any program") vi.stubEnv("PATH", "");

      stream.end(Buffer.concat(pieces));

      expect(await bench.call("probe", "take", handle)).toEqual(taken);
    });
  });
});

describe.each(["xz", "bz2"] as const)("where there is no program for %s", (encoding) => {
  it.skipIf(isPackerMissing)("an image is decompressed all the same", async () => {
    const packed = execFileSync(encoding === "xz" ? "xz" : "bzip2", ["-zc"], { input: image, maxBuffer: 2 ** 26 });
    vi.stubEnv("PATH", "");
    await using bench = await probeBench();
    const { handle, acceptEncoding, stream } = await bench.lend("probe", encoding);

    stream.end(packed);

    expect(acceptEncoding).toBe(encoding);
    expect(await bench.call("probe", "take", handle)).toEqual(taken);
  });

  it("a download is refused in a sentence that says what to do, and nothing stays open", async () => {
    vi.stubEnv("PATH", "");
    const probe = createProbe();
    await using bench = await openBench({
      yaml: "export: { probe: { type: probe } }",
      drivers: { probe: probe.implementation },
    });
    const { handle, stream } = await bench.lend("probe", encoding);

    await expect(bench.call("probe", "give", handle, 10)).rejects.toMatchObject({
      code: "unsupported",
      reason: "ENCODING_UNSUPPORTED",
      message: expect.stringContaining("install the program"),
    });

    expect(await readEnd(stream)).toHaveLength(0);
    expect([...probe.open]).toEqual(["driver"]);
  });
});
