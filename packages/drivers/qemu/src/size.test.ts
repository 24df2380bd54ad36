import { describe, expect, it } from "vitest";

import { parseSize } from "./size.ts";

describe("a size", () => {
  it("is written as upstream has it", () => {
    expect(parseSize("512M")).toBe(512 * 1024 ** 2);
    expect(parseSize("20g")).toBe(20 * 1024 ** 3);
    expect(parseSize("2GiB")).toBe(2 * 1024 ** 3);
    expect(parseSize("1.5 TB")).toBe(1.5e12);
    expect(parseSize("4096")).toBe(4096);
  });

  it("is refused where it says nothing", () => {
    for (const text of ["", "lots", "0", "-1G", "1X", "G", "1e3"]) expect(() => parseSize(text)).toThrow("is no size");
  });
});
