import { describe, expect, it } from "vitest";

import { bootToPrompt, isMissing, openBoard, run } from "../test/u-boot.ts";
import type { QemuClient } from "./client.ts";

// #region example
/** Boots once, however often it is called. */
async function fresh({ board }: { readonly board: QemuClient }): Promise<void> {
  const taken = await board.snapshots();
  if (taken.some(({ name }) => name === "booted")) return await board.loadSnapshot("booted");
  await board.power.on();
  await board.console.waitFor("Hit any key");
  await board.console.send("\n");
  await board.console.waitFor("=> ");
  await board.saveSnapshot("booted");
}
// #endregion

describe.skipIf(isMissing)("the manual's example", () => {
  it("gives every test a machine as it was after its boot", async () => {
    await using bench = await openBoard();
    const device = { board: bench.client };
    for (const word of ["one", "two", "three"]) {
      await fresh(device);
      expect(await run(device.board, 'echo "<$word>"')).toBe("<>");
      await run(device.board, `setenv word ${word}`);
    }
  });
});

describe.skipIf(isMissing)("QEMU's own commands", () => {
  it("are passed on as far as they reach the guest alone", async () => {
    await using bench = await openBoard();
    await bootToPrompt(bench.client);
    const { qmp } = bench.client;
    await qmp("stop");
    expect(await qmp("query-status")).toMatchObject({ status: "paused" });
    await qmp("cont");
    await expect(qmp("human-monitor-command", { "command-line": "info usernet" })).rejects.toMatchObject({
      code: "permission-denied",
      reason: "QMP_DENIED",
    });
    await expect(qmp("set_link", { name: "no-such-card", up: false })).rejects.toMatchObject({ reason: "QMP_ERROR" });
  });

  it("are all passed on where the owner says so", async () => {
    await using bench = await openBoard({ qmp: "all" });
    await bench.client.power.on();
    const answer = await bench.client.qmp("human-monitor-command", { "command-line": "info usernet" });
    expect(answer).toContain("eth0");
  });
});
