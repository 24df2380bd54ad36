import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { note, railTest as test } from "../rail-test.ts";

// Comes when another file has the rail.
while (!readFileSync(process.env["RAIL_FILE"] ?? "", "utf8").includes("worker")) await pause(10);
note("the next is there");

test("waits until the rail is free", async ({ dut: { power } }) => {
  note("next has it");
  await power.on();
});
