import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { comparePictures } from "./compare.ts";
import { decodeImage } from "./decode.ts";
import { expectFrame } from "./expect-frame.ts";
import type { Picture } from "./picture.ts";
import { encodePng } from "./png.ts";
import { waitForStableFrame, type FrameSource } from "./stable-frame.ts";

const quick = { quietMs: 20, intervalMs: 2, timeoutMs: 5_000 } as const;

/** A grey screen of 20 × 10 pixels, with some of them set to a light. */
function screen(lights: Readonly<Record<string, number>> = {}, grey = 100): Picture {
  const data = new Uint8Array(20 * 10 * 3).fill(grey);
  for (const [place, light] of Object.entries(lights)) {
    const [x = 0, y = 0] = place.split(",").map(Number);
    data.fill(light, (y * 20 + x) * 3, (y * 20 + x) * 3 + 3);
  }
  return { width: 20, height: 10, data };
}

/** Shows one picture after the other, and stays with the last one. */
function showing(...pictures: readonly Picture[]): FrameSource & { readonly shown: number } {
  let shown = 0;
  return {
    get shown() {
      return shown;
    },
    async snapshot() {
      return encodePng(pictures[Math.min(shown++, pictures.length - 1)] ?? screen());
    },
  };
}

async function openDirectory() {
  const path = await mkdtemp(join(tmpdir(), "jumpstarter-frames-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

describe("a picture", () => {
  it("is alike another one as long as few pixels differ by much", () => {
    const one = comparePictures(screen({ "3,4": 255 }), screen());
    expect(one).toEqual({
      isAlike: false,
      differingPixels: 1,
      share: 0.005,
      region: { x: 3, y: 4, width: 1, height: 1 },
    });
    expect(comparePictures(screen({ "3,4": 255 }), screen(), { tolerance: 0.005 }).isAlike).toBe(true);
    expect(comparePictures(screen({}, 124), screen()).isAlike).toBe(true);
    expect(comparePictures(screen({}, 125), screen())).toMatchObject({ isAlike: false, share: 1 });
  });

  it("is not looked at where it need not be, also beyond its edges", () => {
    const clock = { x: 18, y: -2, width: 10, height: 5 };
    const seen = screen({ "19,2": 255 });
    expect(comparePictures(seen, screen(), { ignore: [clock] })).toMatchObject({ isAlike: true, differingPixels: 0 });
    expect(comparePictures(screen({ "17,2": 255 }), screen(), { ignore: [clock] }).isAlike).toBe(false);
  });

  it("is waited for until it stays as it is", async () => {
    const source = showing(screen({}, 0), screen({}, 50), screen({}, 90), screen({ "1,1": 255 }));

    const { picture } = await waitForStableFrame(source, "screen", quick);

    expect(picture).toEqual(screen({ "1,1": 255 }));
    expect(source.shown).toBeGreaterThan(4);
  });

  it("that fades slowly is changing all the time", async () => {
    const fade = Array.from({ length: 60 }, (_, step) => screen({}, step * 4));
    const { picture } = await waitForStableFrame(showing(...fade), "screen", { ...quick, quietMs: 50 });
    expect(picture.data[0]).toBeGreaterThanOrEqual(59 * 4 - 24);
  });

  it("that never stays as it is says where it changed last", async () => {
    const blinking = Array.from({ length: 5_000 }, (_, turn) => screen({ "7,8": turn % 2 === 0 ? 255 : 0 }));
    await expect(waitForStableFrame(showing(...blinking), "screen", { ...quick, timeoutMs: 60 })).rejects.toMatchObject(
      { reason: "VIDEO_NOT_STABLE", message: expect.stringMatching(/last in 1 × 1 pixels at 7,8$/) },
    );
    const ignore = [{ x: 7, y: 8, width: 1, height: 1 }];
    await expect(waitForStableFrame(showing(...blinking), "screen", { ...quick, ignore })).resolves.toBeDefined();
  });

  it("is not waited for any longer than the caller wants", async () => {
    const never: FrameSource = { snapshot: () => new Promise(() => undefined) };
    const waiting = waitForStableFrame(never, "screen", { ...quick, signal: AbortSignal.timeout(10) });
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    await expect(waitForStableFrame(never, "screen", { ...quick, timeoutMs: 10 })).rejects.toMatchObject({
      code: "deadline-exceeded",
    });
  });
});

describe("a reference image", () => {
  it("is what the screen has to show once it is stable", async () => {
    await using directory = await openDirectory();
    const reference = join(directory.path, "menu.png");
    await writeFile(reference, encodePng(screen({ "1,1": 255 })));
    const source = showing(screen({}, 0), screen({ "1,1": 255 }));
    await expect(expectFrame(source, "screen", reference, quick)).resolves.toMatchObject({ picture: { width: 20 } });
  });

  it("that is not shown leaves what was seen and the difference behind", async () => {
    await using directory = await openDirectory();
    const reference = join(directory.path, "menu.png");
    const outputDirectory = join(directory.path, "out");
    await writeFile(reference, encodePng(screen()));

    const looking = expectFrame(showing(screen({ "2,3": 255, "4,5": 255 })), "screen", reference, {
      ...quick,
      outputDirectory,
    });

    await expect(looking).rejects.toMatchObject({
      reason: "VIDEO_FRAME_DIFFERS",
      message: expect.stringContaining("2 pixels differ (1 %, 0.1 % may) within 3 × 3 at 2,3"),
    });
    expect((await readdir(outputDirectory)).toSorted()).toEqual(["menu-actual.png", "menu-difference.png"]);
    expect(decodeImage(await readFile(join(outputDirectory, "menu-actual.png")))).toEqual(
      screen({ "2,3": 255, "4,5": 255 }),
    );
    const { data } = decodeImage(await readFile(join(outputDirectory, "menu-difference.png")));
    expect([...data.subarray((3 * 20 + 2) * 3, (3 * 20 + 2) * 3 + 3)]).toEqual([255, 0, 0]);
  });

  it("is made where somebody asks for it, and missed where nobody did", async () => {
    await using directory = await openDirectory();
    const reference = join(directory.path, "menu.png");
    await expect(expectFrame(showing(screen()), "screen", reference, quick)).rejects.toMatchObject({
      reason: "VIDEO_NO_REFERENCE",
    });
    await expectFrame(showing(screen()), "screen", reference, { ...quick, isUpdate: true });
    await expectFrame(showing(screen()), "screen", reference, quick);
  });

  it("of another size is told apart from one that looks different", async () => {
    await using directory = await openDirectory();
    const reference = join(directory.path, "menu.png");
    await writeFile(reference, encodePng({ width: 1, height: 1, data: new Uint8Array(3) }));
    await expect(
      expectFrame(showing(screen()), "screen", reference, { ...quick, outputDirectory: directory.path }),
    ).rejects.toThrow(/screen has 20 × 10 pixels and .* 1 × 1/);
  });
});
