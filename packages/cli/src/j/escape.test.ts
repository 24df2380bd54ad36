import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createEscape } from "./escape.ts";

describe("leaving a console", () => {
  it("takes three Ctrl-B in a row, however they arrive", () => {
    const escape = createEscape();
    expect(escape(Uint8Array.of(0x61, 2))).toEqual({ pass: Uint8Array.of(0x61, 2), isOver: false });
    expect(escape(Uint8Array.of(2)).isOver).toBe(false);
    expect(escape(Uint8Array.of(2, 0x62))).toEqual({ pass: Uint8Array.of(), isOver: true });
  });

  it("passes on everything else, in the pieces in which it came", () => {
    const byte = fc.constantFrom(0x02, 0x03, 0x61);
    fc.assert(
      fc.property(
        fc.array(
          fc
            .uint8Array({ maxLength: 4 })
            .chain((piece) => fc.array(byte, { minLength: piece.length, maxLength: piece.length })),
        ),
        (pieces) => {
          const escape = createEscape();
          const passed: number[] = [];
          let isOver = false;
          for (const piece of pieces) {
            if (isOver) break;
            const { pass, isOver: over } = escape(Uint8Array.from(piece));
            passed.push(...pass);
            isOver = over;
          }
          const typed = pieces.flat();
          const text = String.fromCharCode(...typed);
          const at = text.indexOf("\u0002\u0002\u0002");
          expect(isOver).toBe(at >= 0);
          expect(passed).toEqual(at < 0 ? typed : typed.slice(0, at + 2));
        },
      ),
    );
  });
});
