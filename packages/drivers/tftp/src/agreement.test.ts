import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { agree } from "./agreement.ts";

describe("agree", () => {
  const value = fc.oneof(
    fc.nat(100_000).map(String),
    fc.string({ maxLength: 8 }),
    fc.constantFrom("0", "-1", "1e3", " 8"),
  );

  it("never exceeds what the client wished nor what the standards allow, and confirms what it goes by", () => {
    fc.assert(
      fc.property(value, value, value, fc.nat(), (blksize, windowsize, timeout, sizeBytes) => {
        const wishes = new Map(Object.entries({ blksize, windowsize, timeout, tsize: "0", other: "1" }));
        const agreed = agree(wishes, { sizeBytes, defaultTimeoutMs: 5_000 });

        const { confirmed, blockBytes, windowBlocks, timeoutMs } = agreed;
        expect(blockBytes).toBe(Number(confirmed.get("blksize") ?? 512));
        expect(windowBlocks).toBe(Number(confirmed.get("windowsize") ?? 1));
        expect(timeoutMs).toBe(1_000 * Number(confirmed.get("timeout") ?? 5));
        expect(confirmed.get("tsize")).toBe(String(sizeBytes));
        expect(confirmed.has("other")).toBe(false);
        expect(blockBytes <= 65_464 && blockBytes >= 8).toBe(true);
        expect(windowBlocks >= 1 && (windowBlocks === 1 || windowBlocks * blockBytes <= 128 * 1024)).toBe(true);
        const isWithin = (name: string, wish: string): boolean =>
          Number(confirmed.get(name) ?? 0) <= Math.max(0, Number(wish) || 0);
        expect(isWithin("blksize", blksize) && isWithin("windowsize", windowsize)).toBe(true);
        expect([undefined, timeout].map((wish) => wish && String(Number(wish)))).toContain(confirmed.get("timeout"));
      }),
    );
  });
});
