import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { screen } from "../test/pictures.ts";
import { decodeImage } from "./decode-image.ts";
import { encodePng } from "./encode-png.ts";
import { expectSame, expectSameAsFile } from "./expect-same.ts";

async function openDirectory() {
  const path = await mkdtemp(join(tmpdir(), "jumpstarter-pictures-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

describe("what is expected of a picture", () => {
  it("is met as far as it may be off", () => {
    const spotted = screen({ "0,0": 109 });

    expectSame(screen(), screen());
    expectSame(spotted, screen(), { channelTolerance: 9 });
    expectSame(spotted, screen(), { mostDiffering: 0.005 });
    expect(() => expectSame(spotted, screen(), { channelTolerance: 8, mostDiffering: 0.004 })).toThrow(
      "the picture is not the expected one: 1 of 200 pixels differ (0.5 %, 0.4 % may), all in the 1 × 1 pixels at 0,0",
    );
  });

  it("is not met by a picture of another size, whatever is allowed", () => {
    const other = { width: 10, height: 20, data: screen().data };
    const failure = (): void => expectSame(screen(), other, { channelTolerance: 255, mostDiffering: 1 });
    expect(failure).toThrow("it has 20 × 10 pixels, and not 10 × 20");
  });
});

describe("a reference image", () => {
  it("that is not shown leaves what was seen and the difference behind", async () => {
    await using directory = await openDirectory();
    const reference = join(directory.path, "menu.png");
    const outputDirectory = join(directory.path, "out");
    await writeFile(reference, encodePng(screen()));
    const seen = screen({ "2,3": 255, "4,5": 255 });

    const looking = expectSameAsFile(seen, reference, { what: "screen", outputDirectory, mostDiffering: 0.001 });

    await expect(looking).rejects.toMatchObject({
      code: "failed-precondition",
      reason: "PICTURE_DIFFERS",
      message:
        `screen is not ${reference}: 2 of 200 pixels differ (1 %, 0.1 % may), all in the 3 × 3 pixels at 2,3; what was ` +
        `seen is in ${outputDirectory}/menu-actual.png, the difference in ${outputDirectory}/menu-difference.png`,
    });
    expect((await readdir(outputDirectory)).toSorted()).toEqual(["menu-actual.png", "menu-difference.png"]);
    expect(decodeImage(await readFile(join(outputDirectory, "menu-actual.png")))).toEqual(seen);
    const { data } = decodeImage(await readFile(join(outputDirectory, "menu-difference.png")));
    expect([...data.subarray((3 * 20 + 2) * 3, (3 * 20 + 2) * 3 + 3)]).toEqual([255, 0, 0]);
  });

  it("of another size leaves behind what was seen", async () => {
    await using directory = await openDirectory();
    const reference = join(directory.path, "menu.png");
    const outputDirectory = join(directory.path, "out");
    await writeFile(reference, encodePng({ width: 1, height: 1, data: new Uint8Array(3) }));
    const looking = expectSameAsFile(screen(), reference, { outputDirectory });
    await expect(looking).rejects.toThrow(/the picture is not .*: it has 20 × 10 pixels, and not 1 × 1; what was seen/);
    expect(await readdir(outputDirectory)).toEqual(["menu-actual.png"]);
  });

  it("is made where somebody asks for it, and missed where nobody did", async () => {
    await using directory = await openDirectory();
    const reference = join(directory.path, "menu.png");
    await expect(expectSameAsFile(screen(), reference)).rejects.toMatchObject({ reason: "PICTURE_NO_REFERENCE" });
    await expectSameAsFile(screen(), reference, { isUpdate: true });
    await expectSameAsFile(screen(), reference);
  });
});
