import { note, noted, railTest as test } from "../../rail/rail-test.ts";

test("has one of two rails", async ({ dut: { power }, dutLease }) => {
  await power.on();
  note(`a has ${dutLease.device.name}`);
  await noted("b has rail");
});
