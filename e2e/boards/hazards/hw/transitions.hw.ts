import { expect } from "vitest";

import { note, test } from "../board.ts";

test("hangs while the machine is on", { timeout: 3_000 }, async ({ at }) => {
  await at("prompt");
  await new Promise(() => undefined);
});

test("finds the machine at rest after that", async ({ dut: { machine } }) => {
  await expect(machine.qmp("query-status")).rejects.toThrow("switch the power on first");
});

test("enters a state that hangs", async ({ at }) => {
  await at("nowhere");
});

test("enters a state that throws", async ({ at }) => {
  await at("broken");
});

test("asks for a state that does not exist", async ({ at }) => {
  // As a test in JavaScript can.
  await at("bootlaoder" as "prompt");
});

test("leaves the board in a state", async ({ at }) => {
  await at("gone");
});

test("goes the whole way to a state that the board has left meanwhile", async ({ at }) => {
  await at("gone");
  note("gone twice");
});

test("is there at last", async ({ at }) => {
  const uboot = await at("prompt");
  expect(await uboot.run("echo here")).toContain("here");
});
