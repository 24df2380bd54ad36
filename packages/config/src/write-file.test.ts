import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { writePrivateFile } from "./write-file.ts";

async function openDirectory() {
  const directory = await mkdtemp(join(tmpdir(), "write-"));
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

describe("a private file", () => {
  it("is for its owner only, in directories that are too, whatever the old one was", async () => {
    await using place = await openDirectory();
    const file = join(place.directory, "new/deep/a.yaml");

    await writePrivateFile(file, "one");
    await chmod(file, 0o666);
    await writePrivateFile(file, "two");

    expect(await readFile(file, "utf8")).toBe("two");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(place.directory, "new"))).mode & 0o777).toBe(0o700);
  });

  it("that cannot be put in place leaves nothing beside it", async () => {
    await using place = await openDirectory();
    const file = join(place.directory, "a.yaml");
    await mkdir(file);
    await writeFile(join(file, "occupied"), "");

    await expect(writePrivateFile(file, "one")).rejects.toMatchObject({
      code: "permission-denied",
      reason: "CONFIG_UNWRITABLE",
      message: expect.stringContaining(file),
    });

    expect(await readdir(place.directory)).toEqual(["a.yaml"]);
  });

  it("is never seen half written by who reads it meanwhile", async () => {
    await using place = await openDirectory();
    const file = join(place.directory, "a.yaml");
    const texts = ["a".repeat(200_000), "b".repeat(300_000)];
    await writePrivateFile(file, texts[0] ?? "");

    const writing = Promise.all(texts.map((text) => writePrivateFile(file, text)));
    const seen = await Promise.all(Array.from({ length: 20 }, () => readFile(file, "utf8")));
    await writing;

    expect(seen.every((text) => texts.includes(text))).toBe(true);
    expect(await readdir(place.directory)).toEqual(["a.yaml"]);
  });
});
