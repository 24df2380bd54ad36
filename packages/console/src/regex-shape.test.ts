import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { shapeOf } from "./regex-shape.ts";

/** Flags inside a pattern came with Node 24. */
const hasModifiers = Number(process.versions.node.split(".")[0]) >= 24;

describe("the shape of a regular expression", () => {
  it.each([
    [/login:/, 6],
    [/^login:/i, 6],
    [/a[bc]\d{3}/, 5],
    [/(?:ab|cd)e/, 3],
    [/(?<name>ab)\x41\u0042/, 4],
    [/😀/u, 2],
    [/login: $/, undefined],
    [/a+/, undefined],
    [/a|bc/, undefined],
    [/ab\b/, undefined],
    [/ab(?=c)/, undefined],
    [/(a)\1/, undefined],
    [/./u, undefined],
  ])("%s has matches of length %s", (regex, length) => {
    expect(shapeOf(regex.source, regex.flags).fixedLength).toBe(length);
  });

  it.each([
    [/a.*b/, false],
    [/a[ \t]b\S\w\d/, false],
    [/^a$/, false],
    [/a\sb/, true],
    [/a\nb/, true],
    [/a[^x]b/, true],
    [/a.b/s, true],
    [new RegExp(String.raw`a\x0ab`), true],
    [/\Wb/, true],
    [hasModifiers ? new RegExp("(?s:a.b)") : /a.b/s, true],
  ])("%s can cross lines: %s", (regex, spansLines) => {
    expect(shapeOf(regex.source, regex.flags).spansLines).toBe(spansLines);
  });

  it("never calls a length fixed that is not, nor a match one line that is more", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      ".",
      String.raw`\s`,
      String.raw`\n`,
      "[^b]",
      "(?:a|b)",
      "(a|bb)",
      "(?:x?)",
      "^",
    );
    const quantifier = fc.constantFrom("", "", "?", "*", "+?", "{2}", "{1,2}");
    const source = fc
      .array(fc.tuple(atom, quantifier), { minLength: 1, maxLength: 4 })
      .map((terms) => terms.map(([term, times]) => (term === "^" ? term : term + times)).join(""));
    const text = fc.string({ unit: fc.constantFrom("a", "b", "x", "\n"), maxLength: 12 });
    fc.assert(
      fc.property(source, text, (pattern, subject) => {
        const { fixedLength, spansLines } = shapeOf(pattern, "gm");
        for (const [match] of subject.matchAll(new RegExp(pattern, "gm"))) {
          expect(match.length).toBe(fixedLength ?? match.length);
          expect(match.includes("\n") && !spansLines).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
