import { expect } from "vitest";

import { test } from "./board.ts";

test("takes variables at U-Boot's prompt", async ({ at }) => {
  const uboot = await at("bootloader");

  await uboot.setEnv("bootdelay", "7");

  expect(await uboot.getEnv("bootdelay")).toBe("7");
});

test("has a root file system on its disk", async ({ at }) => {
  const sh = await at("shell");

  expect((await sh`cat /proc/mounts`).stdout).toMatch(/ \/ ext4 /);
});

test("says which kernel it runs", async ({ at }) => {
  // Still there from the test before: nothing boots again.
  const sh = await at("shell");

  expect((await sh`uname -srm`).stdout).toMatch(/^Linux \d+\.\d+.* aarch64$/);
});
