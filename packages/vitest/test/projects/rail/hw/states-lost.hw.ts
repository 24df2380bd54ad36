/* oxlint-disable vitest/no-standalone-expect -- the linter does not know the test that withStates makes */
import { readFileSync } from "node:fs";

import { expect, test as plain } from "vitest";

import { statesTest as test } from "../rail-states.ts";
import { note } from "../rail-test.ts";

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("leaves it on", async ({ at }) => {
  await at("banner");
  note("# left on");
});

plain("loses its exporter meanwhile, or waits for what comes", async () => {
  if (process.env["RAIL_WAITS"] !== undefined) await new Promise(() => undefined);
  const pid = Number(/^exporter (\d+)$/m.exec(readFileSync(process.env["RAIL_FILE"] ?? "", "utf8"))?.[1]);
  process.kill(pid, "SIGTERM");
  // Until the main process has taken notice of it.
  await expect.poll(() => isThere(pid), { timeout: 5_000 }).toBe(false);
});

test("starts anew with another exporter", async ({ at }) => {
  note("# anew");
  expect((await at("banner")).version).toBe("1.0");
});
