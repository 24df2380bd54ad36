import { describe, expect, it } from "vitest";

import { screen } from "../test/pictures.ts";
import { polled, type Look, type PictureSource } from "./picture-source.ts";
import type { Picture } from "./picture.ts";
import { waitForSame } from "./wait-for-same.ts";
import { waitForStable } from "./wait-for-stable.ts";

const quick = { quietMs: 20, timeoutMs: 5_000 } as const;

/** Shows one picture after the other, and stays with the last one. */
function showing(...pictures: readonly Picture[]): PictureSource & { readonly shown: number } {
  let shown = 0;
  const look = async (): Promise<Look> => ({ picture: pictures[Math.min(shown++, pictures.length - 1)] ?? screen() });
  return Object.defineProperty({ ...polled("screen", look, { intervalMs: 2 }), shown }, "shown", { get: () => shown });
}

function blinking(): PictureSource {
  let turn = 0;
  const look = async (): Promise<Look> => ({ picture: screen({ "7,8": turn++ % 2 === 0 ? 255 : 0 }) });
  return polled("screen", look, { intervalMs: 0 });
}

/** Never tells anything, and says when nobody waits any more. */
function silent() {
  const gone = Promise.withResolvers<void>();
  const source: PictureSource = {
    what: "screen",
    next(_ms, signal) {
      signal.addEventListener("abort", () => gone.resolve());
      return Promise.withResolvers<undefined>().promise;
    },
  };
  return { source, gone: gone.promise };
}

describe("a picture that changes", () => {
  it("is waited for until it stays as it is", async () => {
    const source = showing(screen({}, 0), screen({}, 50), screen({}, 90), screen({ "1,1": 255 }));

    const { picture } = await waitForStable(source, quick);

    expect(picture).toEqual(screen({ "1,1": 255 }));
    expect(source.shown).toBeGreaterThan(4);
  });

  it("slowly is changing all the time", async () => {
    const fade = Array.from({ length: 60 }, (_, step) => screen({}, step * 4));
    const { picture } = await waitForStable(showing(...fade), { ...quick, quietMs: 50, channelTolerance: 24 });
    expect(picture.data[0]).toBeGreaterThanOrEqual(59 * 4 - 24);
  });

  it("in its size is changing, too", async () => {
    const small = { width: 1, height: 1, data: new Uint8Array(3) };
    await expect(waitForStable(showing(screen(), small), quick)).resolves.toEqual({ picture: small });
  });

  it("all the time says where it changed last", async () => {
    await expect(waitForStable(blinking(), { ...quick, timeoutMs: 60 })).rejects.toMatchObject({
      code: "deadline-exceeded",
      reason: "PICTURE_NOT_STABLE",
      message: expect.stringMatching(
        /^screen did not stay as it is for 20ms within 60ms: it changed \d+ times, last in the 1 × 1 pixels at 7,8$/,
      ),
    });
    const ignore = [{ x: 7, y: 8, width: 1, height: 1 }];
    await expect(waitForStable(blinking(), { ...quick, ignore })).resolves.toBeDefined();
  });

  it("is stable where its source tells of no news", async () => {
    let looks = 0;
    const source: PictureSource = {
      what: "screen",
      next: async () => (looks++ === 0 ? { picture: screen() } : undefined),
    };
    await expect(waitForStable(source, quick)).resolves.toEqual({ picture: screen() });
  });
});

describe("a picture that is expected", () => {
  it("is waited for until it is shown", async () => {
    const source = showing(screen({}, 0), screen({}, 50), screen({ "1,1": 255 }));
    await expect(waitForSame(source, screen({ "1,1": 255 }), quick)).resolves.toEqual({
      picture: screen({ "1,1": 255 }),
    });
  });

  it("and never shown is told with what was different at last", async () => {
    const waiting = waitForSame(showing(screen({ "1,1": 255 })), screen(), { timeoutMs: 30, mostDiffering: 0.001 });
    await expect(waiting).rejects.toMatchObject({
      code: "deadline-exceeded",
      reason: "PICTURE_DIFFERS",
      message:
        "screen did not show the expected picture within 30ms: " +
        "at last 1 of 200 pixels differ (0.5 %, 0.1 % may), all in the 1 × 1 pixels at 1,1",
    });
  });
});

describe.each([
  ["stable", (source: PictureSource, limits: object) => waitForStable(source, limits)],
  ["the same", (source: PictureSource, limits: object) => waitForSame(source, screen(), limits)],
])("a wait until a picture is %s", (_until, wait) => {
  it("lasts no longer than its caller wants, and lets go of the source", async () => {
    const { source, gone } = silent();
    await expect(wait(source, { signal: AbortSignal.timeout(10) })).rejects.toMatchObject({ code: "cancelled" });
    await gone;
  });

  it("lasts no longer than allowed, and lets go of the source", async () => {
    const { source, gone } = silent();
    await expect(wait(source, { timeoutMs: 10 })).rejects.toMatchObject({
      code: "deadline-exceeded",
      message: expect.stringContaining("a picture of screen did not finish"),
    });
    await gone;
  });

  it("ends with what its source fails with", async () => {
    const broken = polled("screen", () => Promise.reject(new Error("no camera")), { intervalMs: 1 });
    await expect(wait(broken, {})).rejects.toThrow("no camera");
  });
});
