import { createStreamPair } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { readFrames } from "./frames.ts";

describe("the moving picture of a camera that says nothing", () => {
  it("is not waited for any longer than allowed, and its connection is closed", async () => {
    const { near, far } = createStreamPair();
    far.resume();
    const frames = readFrames(near, { path: "/stream", what: "screen", timeoutMs: 20 });

    await expect(frames.next()).rejects.toMatchObject({
      reason: "VIDEO_NO_STREAM",
      message: "screen gave no moving picture: there was no picture within 20 ms",
    });
    expect(near.destroyed).toBe(true);
  });
});
