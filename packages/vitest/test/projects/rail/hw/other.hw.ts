import { note, railTest as test } from "../rail-test.ts";

test("has the rail after yet another", async ({ dut: { power } }) => {
  note("other has it");
  await power.on();
});
