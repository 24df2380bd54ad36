import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createRecorder } from "./recorder.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a recorder", () => {
  it("keeps every byte as it came, however large the chunks", () => {
    const sizes = fc.array(fc.constantFrom(0, 1, 7, 4096, 65_535, 65_536, 70_000), { maxLength: 8 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const recorder = createRecorder();
        const chunks = lengths.map((length, index) => new Uint8Array(length).fill(index + 1));
        for (const chunk of chunks) recorder.push(chunk);

        expect(Buffer.compare(recorder.bytes(), Buffer.concat(chunks))).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("does not care what becomes of a chunk after it was pushed", () => {
    const recorder = createRecorder();
    const chunk = bytes("text");
    recorder.push(chunk);
    chunk.fill(0);

    expect([recorder.text(), recorder.bytes()]).toEqual(["text", bytes("text")]);
  });

  it("gives the lines with the time at which each was complete", () => {
    const recorder = createRecorder({ now: () => 0 });
    recorder.push(bytes("one\r\ntw"), 10);
    recorder.push(bytes("o\r\nthr"), 20);

    expect(recorder.lines()).toEqual([
      { at: 10, text: "one" },
      { at: 20, text: "two" },
      { at: 20, text: "thr" },
    ]);
    expect(recorder.tail(2).map((line) => line.text)).toEqual(["two", "thr"]);
  });

  it("keeps no more than it may, and goes on matching", async () => {
    const recorder = createRecorder({ maxBytes: 50_000 });
    const found = recorder.console().waitFor(/^line 9999$/);
    for (let count = 0; count < 10_000; count++) recorder.push(bytes(`line ${count}\n`), count);

    expect((await found).text).toBe("line 9999");
    expect(recorder.bytes().length).toBe(50_000);
    expect(recorder.byteLength).toBe(recorder.textLength);
    expect(recorder.text().length).toBeLessThanOrEqual(50_010);
    expect(recorder.text().endsWith("line 9998\nline 9999\n")).toBe(true);
  });

  it("takes nothing more once it has ended", () => {
    const recorder = createRecorder();
    recorder.end();
    recorder.end();

    expect(() => {
      recorder.push(bytes("late"));
    }).toThrow(/has ended, so 4 bytes cannot be added/);
  });
});
