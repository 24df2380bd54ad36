import { describe, expect, it } from "vitest";

import { readEntries, typesText } from "./types-text.ts";

describe("jumpstarter-env.d.ts", () => {
  it("keeps the exporters that were not opened this time", () => {
    const entries = new Map([
      [
        "uno",
        "{\n      readonly power: UntypedClient;\n      readonly grp: {\n        readonly a: UntypedClient;\n      };\n    }",
      ],
      ["lab-2", "{\n    }"],
    ]);

    const text = typesText(entries);

    expect(readEntries(text)).toEqual(entries);
    expect(typesText(readEntries(text))).toBe(text);
  });

  it("is empty for a file that was written by somebody else", () => {
    expect(readEntries("export {};\n")).toEqual(new Map());
  });
});
