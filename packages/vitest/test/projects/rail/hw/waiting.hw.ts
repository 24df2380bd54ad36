import { note, noted, railTest as test } from "../rail-test.ts";

// Comes when another file has the rail.
await noted("worker");
note("the next is there");

test("waits until the rail is free", async ({ dut: { power } }) => {
  note("next has it");
  await power.on();
});
