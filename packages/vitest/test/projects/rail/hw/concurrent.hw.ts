import { describe } from "vitest";

import { note, railTest as test } from "../rail-test.ts";

describe.concurrent("on one device", () => {
  test("goes first", async ({ dut: { power } }) => {
    note("# first");
    await power.on();
  });

  test("would be second", async ({ dut: { power } }) => {
    note("# second");
    await power.on();
  });
});
