import { describe, expect, it, vi } from "vitest";

import { within } from "./deadline.ts";
import { JumpstarterError } from "./errors.ts";

const never = new Promise<never>(() => {});

describe("a wait with an end", () => {
  it("gives the result of work that is done in time", async () => {
    await expect(within(Promise.resolve(3), { timeoutMs: 1_000, what: "the answer" })).resolves.toBe(3);
  });

  it("names the work and the deadline that ran out", async () => {
    await expect(within(never, { timeoutMs: 5, what: "power.off()" })).rejects.toMatchObject({
      message: "power.off() did not finish within 5ms",
      code: "deadline-exceeded",
      reason: "TIMEOUT",
    });
  });

  it("ends with its signal and passes on an error of ours that is the reason", async () => {
    const reason = new JumpstarterError("the test is over", { code: "cancelled", reason: "TEST_ENDED" });

    await expect(within(never, { signal: AbortSignal.abort(reason), what: "power.on()" })).rejects.toBe(reason);
    await expect(within(never, { signal: AbortSignal.abort(), what: "power.on()" })).rejects.toMatchObject({
      message: "power.on() was cancelled",
      code: "cancelled",
    });
  });

  it("is not frozen by a test's fake timers", async () => {
    vi.useFakeTimers();
    try {
      await expect(within(never, { timeoutMs: 5, what: "power.off()" })).rejects.toThrow("did not finish");
    } finally {
      vi.useRealTimers();
    }
  });
});
