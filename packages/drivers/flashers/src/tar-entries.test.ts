import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readTar } from "./tar-entries.ts";

const long = `${"directory".repeat(10)}/${"name".repeat(12)}`;
let directory = "";

function pack(format: string, ...paths: readonly string[]): Buffer {
  return execFileSync("tar", ["-C", directory, `--format=${format}`, "-cf", "-", ...paths]);
}

async function* cut(content: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < content.length; turn++) {
    const size = sizes[turn % sizes.length] ?? content.length;
    yield content.subarray(at, at + size);
    at += size;
  }
}

async function contentsOf(source: AsyncIterable<Uint8Array>): Promise<Record<string, string>> {
  const tar = readTar(source, "bundle.tar");
  const found: Record<string, string> = {};
  for (;;) {
    const entry = await tar.next();
    if (entry === undefined) return found;
    let text = "";
    for await (const chunk of tar.content()) text += chunk.toString("latin1");
    found[entry.path] = entry.kind === "directory" ? "(directory)" : text;
  }
}

describe("a tar archive", () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "jumpstarter-tar-"));
    await mkdir(join(directory, "data", long, ".."), { recursive: true });
    await writeFile(join(directory, "data", "Image"), "k".repeat(1_000));
    await writeFile(join(directory, "data", "empty"), "");
    await writeFile(join(directory, "data", long), "deep");
    await symlink("/etc/passwd", join(directory, "link"));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it.each(["gnu", "pax", "ustar"])("of the format %s gives its files and directories", async (format) => {
    const found = await contentsOf(cut(pack(format, "data"), [10_000]));
    expect(found).toEqual({
      "data/": "(directory)",
      [`data/${"directory".repeat(10)}/`]: "(directory)",
      "data/Image": "k".repeat(1_000),
      "data/empty": "",
      [`data/${long}`]: "deep",
    });
  });

  it("is read the same however it arrives", async () => {
    const archive = pack("pax", "data");
    const expected = await contentsOf(cut(archive, [archive.length]));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 1_500 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        expect(await contentsOf(cut(archive, sizes))).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it("is read past what nobody wanted of it", async () => {
    const tar = readTar(cut(pack("gnu", "data/Image", "data/empty"), [700]), "bundle.tar");
    expect([await tar.next(), await tar.next()]).toMatchObject([{ path: "data/Image" }, { path: "data/empty" }]);
  });

  it("with a link is refused", async () => {
    await expect(contentsOf(cut(pack("gnu", "link"), [10_000]))).rejects.toThrow(
      'bundle.tar cannot be unpacked: link is no file and no directory (its type is "2")',
    );
  });

  it("that is cut off or is none says so, and never hangs", async () => {
    const archive = pack("gnu", "data/Image");
    await expect(contentsOf(cut(archive.subarray(0, 700), [512]))).rejects.toThrow("it ends in the middle");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 512, maxLength: 2_000 }), async (noise) => {
        fc.pre(noise.slice(0, 512).some((byte) => byte !== 0));
        await expect(contentsOf(cut(noise, [512]))).rejects.toMatchObject({ reason: "FLASHER_BUNDLE_INVALID" });
      }),
    );
  });
});
