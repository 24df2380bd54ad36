import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { openBench, readEnd } from "../test/bench.ts";
import { createProbe, pattern, sha256 } from "../test/probe.ts";
import { supportedEncoding } from "./content-encoding.ts";

const image = pattern(2_000_003);

async function probeBench() {
  return openBench({ yaml: "export: { probe: { type: probe } }", drivers: { probe: createProbe().implementation } });
}

function run(program: string, flag: string, input: Uint8Array): Buffer {
  return execFileSync(program, [flag], { input, maxBuffer: 64 * 1024 ** 2 });
}

describe("an encoding", () => {
  it("that Node has not is left to the client where its program is not installed", () => {
    expect(supportedEncoding("xz", { path: "/nowhere" })).toBeUndefined();
    expect(supportedEncoding("bz2", { path: "" })).toBeUndefined();
    expect(supportedEncoding("gzip", { path: "/nowhere" })).toBe("gzip");
  });
});

describe.each([
  ["xz", "xz"],
  ["bz2", "bzip2"],
])("a resource that is %s", (encoding, program) => {
  const isMissing = supportedEncoding(encoding) === undefined;

  it.skipIf(isMissing)("is decompressed for the driver", async () => {
    await using bench = await probeBench();
    const { handle, acceptEncoding, stream } = await bench.lend("probe", encoding);

    stream.end(run(program, "-zc", image));

    expect(acceptEncoding).toBe(encoding);
    expect(await bench.call("probe", "take", handle)).toEqual({ length: image.length, sha256: sha256(image) });
  });

  it.skipIf(isMissing)("is compressed for the client", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe", encoding);

    const [received] = await Promise.all([readEnd(stream), bench.call("probe", "give", handle, image.length)]);

    expect(Buffer.compare(run(program, "-dc", received), image)).toBe(0);
  });

  it.skipIf(isMissing)("is refused where its end is missing, and is no shorter image", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe", encoding);
    const whole = run(program, "-zc", image);

    stream.end(whole.subarray(0, whole.length - 100));

    await expect(bench.call("probe", "take", handle)).rejects.toMatchObject({ reason: "RESOURCE_NOT_ENCODED" });
  });

  it.skipIf(isMissing)("may be left in the middle", async () => {
    await using bench = await probeBench();
    const { handle, stream } = await bench.lend("probe", encoding);

    stream.end(run(program, "-zc", image));

    expect(await bench.call("probe", "take", handle, 10)).toMatchObject({ length: expect.any(Number) });
    expect(await readEnd(stream)).toHaveLength(0);
  });
});
