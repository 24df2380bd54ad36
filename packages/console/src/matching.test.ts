import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createRecorder } from "./recorder.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Chunk {
  readonly bytes: Uint8Array;
  readonly at: number;
}

const patterns = [
  "ok",
  "é€",
  "t={celsius:float}",
  "{name} is {state:word}",
  /ok|okay/,
  /^\w+: $/,
  /t=(\d+)/,
  /ok\s+t/,
  /^ok$/,
  /a[^k]*b/,
  /ok\r?\nab/,
] as const;

const words = [
  "ok",
  "okay",
  "t=12",
  ".5",
  "=> ",
  "a",
  "b",
  ": ",
  "é€",
  "😀",
  "\n",
  "\r\n",
  "\r",
  " is ",
  "\u001B[32m",
  "\u001B[0m",
];
const transcript = fc
  .array(fc.constantFrom(...words), { minLength: 1, maxLength: 40 })
  .map((parts) => bytes(parts.join("")));

/** The same bytes, cut anywhere. */
const cut = (whole: Uint8Array): fc.Arbitrary<Uint8Array[]> =>
  fc.array(fc.nat(whole.length), { maxLength: 8 }).map((places) => {
    const ends = [...places.toSorted((one, other) => one - other), whole.length];
    return ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
  });

/** All matches of a pattern, one after another, by a console that waits before or after the bytes come. */
async function matchesIn(
  chunks: readonly Chunk[],
  pattern: string | RegExp,
  when: "before" | "after",
  window?: number,
) {
  const recorder = createRecorder({ now: () => 0, ...(window === undefined ? {} : { window }) });
  const console = recorder.console({ from: recorder.beginning });
  const push = (): void => {
    for (const chunk of chunks) recorder.push(chunk.bytes, chunk.at);
    recorder.end();
  };
  const found = [];
  let next = when === "before" ? console.waitFor(pattern) : undefined;
  push();
  next ??= console.waitFor(pattern);
  for (let count = 0; count < 50; count++) {
    const match = await next.catch(() => undefined);
    if (match === undefined) break;
    found.push(match);
    next = console.waitFor(pattern);
  }
  return found;
}

describe("matching", () => {
  it.each(patterns)("%s gives the same matches however the bytes are cut", async (pattern) => {
    const cases = transcript.chain((whole) => fc.tuple(fc.constant(whole), cut(whole)));
    await fc.assert(
      fc.asyncProperty(cases, fc.constantFrom(4, 16, 65_536), async ([whole, parts], window) => {
        const atOnce = await matchesIn([{ bytes: whole, at: 5 }], pattern, "after", window);
        const inParts = await matchesIn(
          parts.map((part) => ({ bytes: part, at: 5 })),
          pattern,
          "before",
          window,
        );
        expect(inParts).toEqual(atOnce);
      }),
      { numRuns: 150 },
    );
  });

  it.each(patterns)(
    "%s gives the same matches to who waited and to who comes late, pauses included",
    async (pattern) => {
      const timed = transcript
        .chain(cut)
        .chain((parts) => fc.tuple(...parts.map((part) => fc.constantFrom(0, 10, 60).map((gap) => ({ part, gap })))))
        .map((steps) => {
          let at = 0;
          return steps.map(({ part, gap }) => ({ bytes: part, at: (at += gap) }));
        });
      await fc.assert(
        fc.asyncProperty(timed, async (chunks) => {
          const early = await matchesIn(chunks, pattern, "before");
          expect(await matchesIn(chunks, pattern, "after")).toEqual(early);
        }),
        { numRuns: 150 },
      );
    },
  );

  it.each([/t=(\d+)/, /^ok$/, /a.*b/, /\w+: $/, /(?<word>o\w*)/])(
    "%s finds what one search of all the text finds",
    async (regex) => {
      await fc.assert(
        fc.asyncProperty(transcript.chain(cut), async (parts) => {
          const chunks = parts.map((part) => ({ bytes: part, at: 0 }));
          const recorder = createRecorder();
          for (const chunk of chunks) recorder.push(chunk.bytes, 0);
          recorder.end();
          const expected = [...recorder.text().matchAll(new RegExp(regex.source, "gm"))];

          const found = await matchesIn(chunks, regex, "before");

          expect(found.map(({ start, text }) => ({ start, text }))).toEqual(
            expected.map((match) => ({ start: match.index, text: match[0] })),
          );
        }),
        { numRuns: 150 },
      );
    },
  );

  it("finds a text of several megabytes further on, cut anywhere", async () => {
    const recorder = createRecorder();
    const found = recorder.console().waitFor(/^board (?<name>\w+) ready$/);
    const noise = bytes("[    1.000000] still booting\r\n".repeat(1000));
    for (let count = 0; count < 100; count++) recorder.push(noise);
    for (const byte of bytes("board one ready\r\n")) recorder.push(Uint8Array.of(byte));

    expect((await found).name).toBe("one");
  });

  it("finds a text in a line that never ends", async () => {
    const recorder = createRecorder();
    const found = recorder.console().waitFor(/needle (\d+)/);
    for (let count = 0; count < 100; count++) recorder.push(bytes(".".repeat(3333)));
    recorder.push(bytes("needle 42 "));
    for (let count = 0; count < 100; count++) recorder.push(bytes(".".repeat(3333)));

    expect((await found).text).toBe("needle 42");
  });
});
