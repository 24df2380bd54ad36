import { fileURLToPath } from "node:url";

import { dutTest } from "@jumpstarter-ts/vitest";
import { expect } from "vitest";

// A real board is flashed at the speed of its serial line.
const timeout = 20_000;
const test = dutTest("uno");
const firmware = (name: string): string => fileURLToPath(new URL(`../firmware/${name}`, import.meta.url));

test("runs the firmware it was flashed with", { timeout }, async ({ dut: { power, console, flasher } }) => {
  await power.on();

  await flasher.flash(firmware("uno-v2.hex"));

  await expect(console).toEmit("jumpstarter-uno 2.0.0", { timeout: "5s" });
});

test("can go back to the older firmware", { timeout }, async ({ dut: { power, console, flasher } }) => {
  await power.on();

  await flasher.flash(firmware("uno.hex"));

  await expect(console).toEmit("jumpstarter-uno 1.0.0", { timeout: "5s" });
});
