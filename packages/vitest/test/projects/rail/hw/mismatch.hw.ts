import { power } from "@jumpstarter-ts/driver-power";
import { dutTest } from "@jumpstarter-ts/vitest";

const test = dutTest({ console: power, relay: power });

test("needs what is not there", async ({ dut: { console } }) => {
  await console.on();
});
