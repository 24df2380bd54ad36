import { expect } from "vitest";

import { railTest as test } from "../rail-test.ts";

test("passes", async ({ dut: { power, console } }) => {
  await power.on();
  await expect(console).toEmit("Rail {version}");
  await console.sendLine("hello");
  await expect(console).toEmitInOrder(["> ", "hello"]);
});
