import { expect } from "vitest";

import { test } from "./board.ts";

// Each of them gets a board that nobody has touched, however the one before has left it.

test("does not start a shell without its libraries", async ({ fresh }) => {
  const sh = await fresh("shell");
  await sh`rm -rf /etc /lib`;

  expect(await sh.run("cat /etc/passwd", { check: false })).toMatchObject({ exitCode: 1 });
});

test("still has its users in the next test", async ({ fresh }) => {
  const sh = await fresh("shell");

  expect((await sh`cat /etc/passwd`).stdout).toContain("root:");
});

test("says so when its kernel panics", async ({ fresh, dut: { console } }) => {
  await fresh("shell");

  // Not run(), which would wait for the end of a command that has none.
  await console.sendLine("echo c >/proc/sysrq-trigger");

  await expect(console).toEmit("Kernel panic - not syncing: sysrq triggered crash");
});

test("comes back from a panic like any other board", async ({ fresh }) => {
  const sh = await fresh("shell");

  expect((await sh`cat /proc/uptime`).exitCode).toBe(0);
});
