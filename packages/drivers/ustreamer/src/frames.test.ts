import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { ustreamer } from "./client.ts";
import { ustreamerServer } from "./server.ts";

const canRun = existsSync("/usr/bin/ustreamer") || process.env["CI"] === "true";
const pictures = join(import.meta.dirname, "..", "..", "..", "picture", "test", "pictures");

/** A real µStreamer that shows a picture, as it does while its device is away. */
const openScreen = () =>
  serveDriver(ustreamerServer, {
    definition: ustreamer,
    options: { args: { device: "/dev/no-such-camera", blank: join(pictures, "420.jpg") } },
  });

// #region frames
it.skipIf(!canRun)("a screen is compared with a reference image once it is stable", async () => {
  await using screen = await openScreen();

  const { picture } = await screen.client.waitForStableFrame({ quietMs: 200 });
  expect([picture.width, picture.height]).toEqual([61, 43]);

  await screen.client.expectFrame(join(pictures, "420.png"), { quietMs: 200, mostDiffering: 0.02 });
});
// #endregion

describe.skipIf(!canRun)("what a screen shows", () => {
  it("leaves what was seen and the difference behind when it is something else", async () => {
    await using screen = await openScreen();
    const outputDirectory = await mkdtemp(join(tmpdir(), "jumpstarter-screen-"));
    try {
      const reference = join(pictures, "grey.jpg");
      await expect(screen.client.expectFrame(reference, { quietMs: 100, outputDirectory })).rejects.toMatchObject({
        reason: "PICTURE_DIFFERS",
      });
      expect((await readdir(outputDirectory)).toSorted()).toEqual(["grey-actual.png", "grey-difference.png"]);
    } finally {
      await rm(outputDirectory, { recursive: true });
    }
  });
});
