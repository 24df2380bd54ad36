import { existsSync } from "node:fs";

import { serveDriver } from "@jumpstarter-ts/testkit";
import { expect, it } from "vitest";

import { startDevice } from "../test/device.ts";
import { openAdb } from "./driver.ts";
import { adb, type AdbClient } from "./index.ts";

// #region example
async function release(device: { readonly adb: AdbClient }): Promise<string> {
  await device.adb.waitForBoot({ timeoutMs: 60_000 });
  const { stdout, exitCode } = await device.adb.shell("getprop ro.build.version.release");
  expect(exitCode).toBe(0);
  return stdout.trim();
}
// #endregion

const isReady = existsSync("/usr/bin/adb") || process.env["CI"] === "true";

it.skipIf(!isReady)("asks a device as the README shows it", { timeout: 20_000 }, async () => {
  const said = new Map([
    ["getprop sys.boot_completed", "1\n"],
    ["getprop ro.build.version.release", "14\n"],
  ]);
  await using phone = await startDevice((command) => ({ stdout: said.get(command) ?? "", exitCode: 0 }));
  await using lab = await serveDriver(openAdb, { definition: adb, options: { port: 0 } });
  await lab.client.connectDevice(phone.address);

  expect(await release({ adb: lab.client })).toBe("14");
});
