import { note, railTest as test } from "../rail-test.ts";

test("has the rail after another", async ({ dut: { power } }) => {
  note("next has it");
  await power.on();
});
