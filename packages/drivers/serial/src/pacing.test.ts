import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createPacer } from "./pacing.ts";

describe("pacing", () => {
  it("sends one character at a time on a slow line", () => {
    const pacer = createPacer(20);

    expect(pacer.next(3, 1_000)).toEqual({ lengthBytes: 1, waitMs: 0 });
    expect(pacer.next(2, 1_000)).toEqual({ lengthBytes: 1, waitMs: 50 });
    expect(pacer.next(1, 1_050)).toEqual({ lengthBytes: 1, waitMs: 50 });
  });

  it("sends at once when the line has been idle", () => {
    const pacer = createPacer(20);
    pacer.next(1, 0);

    expect(pacer.next(1, 10_000)).toEqual({ lengthBytes: 1, waitMs: 0 });
  });

  it("never goes faster than it may, and wastes no time on a busy line", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 1e6, noNaN: true }), fc.integer({ min: 1, max: 5_000 }), (cps, total) => {
        const pacer = createPacer(cps);
        let [sent, now, last] = [0, 0, 0];
        while (sent < total) {
          const { lengthBytes, waitMs } = pacer.next(total - sent, now);
          now += waitMs;
          sent += lengthBytes;
          last = lengthBytes;
        }
        // The last slice starts when all before it have had their time.
        expect(now).toBeCloseTo(((total - last) * 1_000) / cps, 3);
        expect(last).toBeLessThanOrEqual(Math.max(1, cps / 100));
      }),
    );
  });
});
