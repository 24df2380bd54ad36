import { note, noted, railTest as test } from "../../rail/rail-test.ts";

test("has one of two rails", async ({ dut: { power }, dutLease }) => {
  await power.on();
  note(`b has ${dutLease.device.name}`);
  await noted("a has rail");
});
