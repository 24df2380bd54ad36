import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { gather } from "./gather.ts";

describe("gathering pieces", () => {
  it("keeps every byte in order, however they are cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 40 }), async (chunks) => {
        const stream = gather();
        for (const chunk of chunks) stream.write(chunk);
        stream.end();

        const seen: Uint8Array[] = [];
        for await (const piece of stream) seen.push(piece);

        expect(Buffer.concat(seen)).toEqual(Buffer.concat(chunks));
      }),
    );
  });

  it("joins what came while its reader was busy", async () => {
    const stream = gather();
    for (let count = 0; count < 8; count++) stream.write(Buffer.alloc(16_384));
    stream.end();

    const lengths: number[] = [];
    for await (const piece of stream) lengths.push(piece.length);

    expect(Math.max(...lengths)).toBeGreaterThanOrEqual(7 * 16_384);
  });

  it("holds back who writes once a quarter of a MiB waits", () => {
    const stream = gather();
    let count = 1;
    while (stream.write(Buffer.alloc(16_384))) count++;

    expect(count).toBe(16);
  });
});
