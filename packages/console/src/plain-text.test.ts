import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createPlainTextDecoder, plainText } from "./plain-text.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes that are mostly what breaks decoders: escapes, returns, broken and whole UTF-8. */
const nastyBytes = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\r",
        "\n",
        "\r\n",
        "\u001B",
        "\u001B[0;32m",
        "\u001B]0;title\u0007",
        "\u001BP1\u001B\\",
        "ok ",
        "é€😀",
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => bytes(parts.join("")))
  .chain((whole) =>
    fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { maxLength: 4 }).map((faults) => {
      const broken = whole.slice();
      for (const { at, byte } of faults) if (broken.length > 0) broken[at % broken.length] = byte;
      return broken;
    }),
  );

/** Bytes with two places at which to cut them. */
const cutBytes = nastyBytes.chain((whole) =>
  fc.tuple(fc.constant(whole), fc.nat(whole.length), fc.nat(whole.length)).map(([all, one, other]) => {
    const low = Math.min(one, other);
    const high = Math.max(one, other);
    return { all, parts: [all.subarray(0, low), all.subarray(low, high), all.subarray(high)] };
  }),
);

describe("plain text", () => {
  it.each([
    ["\u001B[1;31mred\u001B[0m", "red"],
    ["\u001B]0;a title\u0007text", "text"],
    ["\u001B]0;a title\u001B\\text", "text"],
    ["\u001BP1$r\u001B\\text", "text"],
    ["\u001B(Btext\u001B7", "text"],
    ["one\r\ntwo\r\r\nthree", "one\ntwo\nthree"],
    ["10%\r20%\r\n", "10%\r20%\n"],
    ["colour after a return\r\u001B[0m\n", "colour after a return\n"],
    ["\u001B]0;a title that never ends\nnext line", "\nnext line"],
  ])("of %j is %j", (raw, expected) => {
    expect(plainText(bytes(raw))).toBe(expected);
  });

  it("shows broken UTF-8 as U+FFFD, as the platform's decoder does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (raw) => {
        const withoutControls = raw.map((byte) => (byte === 0x1b || byte === 0x0d ? 0x2e : byte));
        expect(plainText(withoutControls)).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(withoutControls));
      }),
    );
  });

  it("is the same however the bytes are cut", () => {
    fc.assert(
      fc.property(cutBytes, ({ all, parts }) => {
        const decoder = createPlainTextDecoder();
        const text = parts.map((part) => decoder.write(part)).join("") + decoder.end();
        expect(text).toBe(plainText(all));
      }),
      { numRuns: 1000 },
    );
  });
});
