import { readFileSync } from "node:fs";

import { note, railTest as test } from "../rail-test.ts";

test("loses its exporter", async ({ dut: { power } }) => {
  note("# loses it");
  const [, pid] = /^exporter (\d+)/m.exec(readFileSync(process.env["RAIL_FILE"] ?? "", "utf8")) ?? [];
  process.kill(Number(pid), "SIGKILL");
  await power.on();
});

test("has another", async ({ dut: { power } }) => {
  note("# has another");
  await power.on();
});
