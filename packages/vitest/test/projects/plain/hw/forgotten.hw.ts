import { power } from "@jumpstarter-ts/driver-power";
import { dutTest } from "@jumpstarter-ts/vitest";

const test = dutTest({ power });

test("has no plugin", async ({ dut: { power } }) => {
  await power.on();
});
