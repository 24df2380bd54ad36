/* oxlint-disable vitest/no-standalone-expect -- the linter does not know the test that withStates makes */
import { expect } from "vitest";

import { test } from "../board.ts";

test("fails on a board that it has damaged", async ({ fresh }) => {
  const sh = await fresh("shell");
  await sh`rm -rf /etc`;
  await sh`cat /etc/passwd`;
});

// The board is off now, and the snapshot is still there.
test("gets a fresh board after a failure", async ({ fresh, dut }) => {
  const sh = await fresh("shell");

  await sh`cat /etc/passwd`;
  expect(dut.board.console.textSince("start")).not.toContain("board login");
});

test("gets back to where it was by booting when it says so", async ({ at, dut }) => {
  await (await at("shell"))`touch /root/mine; sync`;
  await at("off");
  await (await at("shell"))`test -e /root/mine`;

  expect(dut.board.console.textSince("start")).toContain("board login");
});
