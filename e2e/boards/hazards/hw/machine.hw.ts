import { readdirSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "vitest";

import { note, test } from "../board.ts";
import { processesIn } from "../processes.ts";

test("loses its machine", async ({ at, dut: { console } }) => {
  await at("prompt");
  for (const pid of processesIn(tmpdir(), "qemu-system-aarch64")) process.kill(pid, "SIGKILL");
  await console.waitFor("what never comes");
});

test("has another machine", async ({ fresh }) => {
  const uboot = await fresh("prompt");
  expect(await uboot.run("echo here")).toContain("here");
  await uboot.setEnv("touched", "yes");
});

test("has a board that nobody has touched though its snapshot is broken", async ({ fresh }) => {
  const [directory = ""] = readdirSync(tmpdir()).filter((name) => name.startsWith("jmp-qemu-"));
  truncateSync(join(tmpdir(), directory, "state.qcow2"), 0);
  const uboot = await fresh("prompt");
  expect(await uboot.getEnv("touched")).toBeUndefined();
  note("booted again");
});
