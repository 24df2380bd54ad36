/* oxlint-disable vitest/no-standalone-expect -- the linter does not know the test that dutTest makes */
import { expect } from "vitest";

import { note, railTest as test } from "../rail-test.ts";

test("leaves the rail on", async ({ dut: { power } }) => {
  note("# first");
  await power.on();
});

test("finds it on", async ({ dut: { power } }) => {
  note("# second");
  for await (const { voltage } of power.read()) expect(voltage).toBe(5);
});

test("fails", ({ dut }) => {
  note("# third");
  expect(Object.keys(dut)).toEqual([]);
});

test("finds it off after a failure", async ({ dut: { power } }) => {
  note("# fourth");
  for await (const { voltage } of power.read()) expect(voltage).toBe(0);
  await power.on();
});
