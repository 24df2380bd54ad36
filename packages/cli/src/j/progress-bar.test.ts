import { describe, expect, it } from "vitest";

import { createTestIo } from "../../test/test-io.ts";
import { createProgressBar, formatProgress } from "./progress-bar.ts";

const mebibyte = 1024 ** 2;

describe("a progress bar", () => {
  it("shows how much, how fast and how long still", () => {
    expect(formatProgress("flash", { doneBytes: 10 * mebibyte, totalBytes: 40 * mebibyte }, 5, 80)).toBe(
      "flash  25% [=======>                     ] 10.0/40.0 MiB  2.0 MiB/s  0:15 left",
    );
  });

  it("shows what is known where the end is not", () => {
    expect(formatProgress("dump", { doneBytes: 3 * mebibyte }, 2, 80)).toBe("dump  3.0 MiB  1.5 MiB/s");
  });

  it("does without the bar where there is no room", () => {
    expect(formatProgress("flash", { doneBytes: mebibyte, totalBytes: mebibyte }, 3_725, 40)).toBe(
      "flash 100%  1.0/1.0 MiB  0.0 MiB/s  1:02:05 in all",
    );
  });

  it("is drawn over on a terminal, and not at all elsewhere", () => {
    for (const [isTerminal, env, isDrawn] of [
      [true, {}, true],
      [false, {}, false],
      [true, { CI: "true" }, false],
      [true, { TERM: "dumb" }, false],
    ] as const) {
      const io = createTestIo({ isTerminal, env });
      {
        using bar = createProgressBar(io, "flash", () => 0);
        bar.update({ doneBytes: 1, totalBytes: 2 });
      }
      expect(io.seen.stderr.includes("flash  50%")).toBe(isDrawn);
      expect(io.seen.stdout).toBe("");
    }
  });
});
