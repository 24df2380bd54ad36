import { existsSync } from "node:fs";

import { serveDriver } from "@jumpstarter-ts/testkit";
import { expect, it } from "vitest";

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

it.skipIf(!isReady)("asks for a device as the README shows it, and waits for one", async () => {
  await using lab = await serveDriver(openAdb, { definition: adb, options: { port: 0 } });
  const hurried: AdbClient = { ...lab.client, waitForBoot: () => lab.client.waitForBoot({ timeoutMs: 50 }) };

  // There is no device here.
  await expect(release({ adb: hurried })).rejects.toMatchObject({ code: "deadline-exceeded" });
});
