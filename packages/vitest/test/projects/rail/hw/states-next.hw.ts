/* oxlint-disable vitest/no-standalone-expect -- the linter does not know the test that withStates makes */
import { expect, test as plain } from "vitest";

import { statesTest as test } from "../rail-states.ts";
import { note, noted } from "../rail-test.ts";

test("is of another file and finds it on", async ({ at }) => {
  note("# another file");
  await at("banner");
  note("# end");
  expect(true).toBe(true);
});

plain.runIf(process.env["RAIL_IDLES"] !== undefined)("uses no device", async () => {
  await expect(noted("# end\noff")).resolves.toBeUndefined();
  note("# it is off");
});
