import { describe, expect, it } from "vitest";

import { createRapidFailureGuard } from "./rapid-failures.ts";

const limits = { maxRapidFailures: 3, rapidFailureWindowS: 60 };

describe("the guard against rapid failures", () => {
  it("gives up at the last of so many short lives in a row", () => {
    const guard = createRapidFailureGuard();

    expect([1, 2, 3].map(() => guard.mayRestart(59_999, limits))).toEqual([true, true, false]);
  });

  it("forgets them after a long life", () => {
    const guard = createRapidFailureGuard();

    const lives = [10, 10, 60_000, 10, 10, 10];

    expect(lives.map((livedMs) => guard.mayRestart(livedMs, limits))).toEqual([true, true, true, true, true, false]);
  });

  it("allows none where none is allowed", () => {
    expect(createRapidFailureGuard().mayRestart(10, { ...limits, maxRapidFailures: 0 })).toBe(false);
  });
});
