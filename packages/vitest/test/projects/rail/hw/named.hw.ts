/* oxlint-disable vitest/no-standalone-expect -- the linter does not know the test that dutTest makes */
import { dutTest } from "@jumpstarter-ts/vitest";
import { expect, expectTypeOf } from "vitest";

import type { PowerClient } from "@jumpstarter-ts/driver-power";

const test = dutTest("rail");

test("has what jumpstarter-env.d.ts says", async ({ dut, dutLease }) => {
  expectTypeOf(dut.power).toEqualTypeOf<PowerClient>();
  // @ts-expect-error -- there is no such device
  expect(() => dut.relay).toThrow("relay");
  // @ts-expect-error -- power is no console
  await expect(async () => await expect(dut.power).toEmit("on")).rejects.toThrow("toEmit takes a console");
  await dut.power.on();
  await expect(dut.console).toEmit("Rail {version}", { failOn: /panic/ });
  expect(dutLease.device.description).toContain(process.env["EXPECTED_DEVICE"] ?? "rail.yaml");
});

// @ts-expect-error -- no exporter has this name
export const unknown = dutTest("rial");
