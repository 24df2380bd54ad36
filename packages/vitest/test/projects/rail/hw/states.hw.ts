/* oxlint-disable vitest/no-standalone-expect -- the linter does not know the test that withStates makes */
import { expect, expectTypeOf } from "vitest";

import { statesTest as test } from "../rail-states.ts";
import { note, railTest } from "../rail-test.ts";

test("switches it on", async ({ at }) => {
  note("# first");
  const { version } = await at("banner");
  expect(version).toBe("1.0");
  expectTypeOf(version).toEqualTypeOf<string>();
  // @ts-expect-error -- there is no such state
  await expect(at("grub")).rejects.toThrow('there is no state "grub"; there is off, banner');
});

test("finds it on", async ({ at }) => {
  note("# second");
  expect((await at("banner")).version).toBe("again");
});

test("fails in a state", async ({ at }) => {
  note("# third");
  await at("banner");
  expect(1).toBe(2);
});

test("switches it on again after a failure", async ({ at }) => {
  note("# fourth");
  expect((await at("banner")).version).toBe("1.0");
});

railTest("knows no states, and finds it off", async ({ dut: { power } }) => {
  note("# fifth");
  for await (const { voltage } of power.read()) expect(voltage).toBe(0);
});

test("wants it fresh where nothing keeps snapshots", async ({ at, fresh }) => {
  note("# sixth");
  await at("banner");
  expect((await fresh("banner")).version).toBe("1.0");
});
