import { dutTest } from "@jumpstarter-ts/vitest";
import { expect } from "vitest";

// The name of an exporter: its YAML gives the types (see jumpstarter-env.d.ts).
const test = dutTest("board");

test("boots through U-Boot to a login", async ({ dut: { power, console } }) => {
  await power.on();

  const { version } = await console.waitFor("U-Boot {version:word}", { timeout: "20s" });
  expect(version).toMatch(/^20\d\d\.\d\d/);

  await expect(console).toEmit("login: ", { timeout: "40s", failOn: /Kernel panic.*/ });
});
