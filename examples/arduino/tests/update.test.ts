import { fileURLToPath } from "node:url";

import { dutTest } from "@jumpstarter-ts/vitest";
import { expect } from "vitest";

const test = dutTest("uno");
const firmware = (name: string): string => fileURLToPath(new URL(`../firmware/${name}`, import.meta.url));

test("runs the firmware it was flashed with", async ({ dut: { power, console, flasher } }) => {
  await flasher.flash(firmware("uno-v2.hex"));

  await power.on();

  await expect(console).toEmit("jumpstarter-uno 2.0.0", { timeout: "5s" });
});

test("can go back to the older firmware", async ({ dut: { power, console, flasher } }) => {
  await flasher.flash(firmware("uno.hex"));

  await power.on();

  await expect(console).toEmit("jumpstarter-uno 1.0.0", { timeout: "5s" });
});
