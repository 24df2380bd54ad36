import { randomUUID } from "node:crypto";

import { describe, expect, it } from "vitest";

import { processWith } from "../test/processes.ts";
import { bios, bootToPrompt, isMissing, openBoard, run } from "../test/u-boot.ts";

describe.skipIf(isMissing)("a snapshot of a virtual machine", () => {
  it("brings its memory back while it runs, as often as one likes, on the same console", async () => {
    await using bench = await openBoard();
    const board = bench.client;
    await bootToPrompt(board);
    await run(board, "setenv colour red");
    await board.saveSnapshot("red");

    for (const colour of ["green", "blue", "black"]) {
      await run(board, `setenv colour ${colour}`);
      expect(await run(board, "echo $colour")).toBe(colour);
      await board.loadSnapshot("red");
      expect(await run(board, "echo $colour")).toBe("red");
    }
  });

  it("brings its disk back", async () => {
    await using bench = await openBoard();
    const board = bench.client;
    await board.flasher.flash(Buffer.alloc(1024 ** 2));
    await bootToPrompt(board);
    const firstByte = "virtio read 0x42000000 0 1; md.b 0x42000000 1";
    await run(board, "virtio scan; mw.b 0x42000000 41; virtio write 0x42000000 0 1");
    await board.saveSnapshot("a");
    await run(board, "mw.b 0x42000000 42; virtio write 0x42000000 0 1");
    expect(await run(board, firstByte)).toContain("42000000: 42");

    await board.loadSnapshot("a");

    expect(await run(board, firstByte)).toContain("42000000: 41");
  });

  it("outlives the power: a machine that is off continues from it, with the memory it had", async () => {
    await using bench = await openBoard();
    const board = bench.client;
    await bootToPrompt(board);
    await run(board, "setenv colour red");
    await board.saveSnapshot("red");
    await board.power.off();
    await board.setMemorySize("512M");

    await board.loadSnapshot("red");

    expect(await run(board, "echo $colour")).toBe("red");
    expect(await board.qmp("query-memory-size-summary")).toMatchObject({ "base-memory": 256 * 1024 ** 2 });
  });

  it("has the disk of its time, whatever the next start was to have", async () => {
    await using bench = await openBoard();
    const board = bench.client;
    await board.flasher.flash(Buffer.alloc(1024 ** 2));
    await bootToPrompt(board);
    await run(board, "virtio scan");
    await board.saveSnapshot("small");
    await board.power.off();
    await board.setDiskSize("8M");

    await board.loadSnapshot("small");
    expect(await run(board, "virtio read 0x42000000 0 1")).toContain("1 blocks read: OK");
    await board.power.off();
    await bootToPrompt(board);

    expect(await run(board, "virtio scan; virtio info")).toContain("Capacity: 8.0 MB");
  });

  it("outlives a crash of the guest", async () => {
    await using bench = await openBoard();
    const board = bench.client;
    await bootToPrompt(board);
    await board.saveSnapshot("alive");
    // There is no memory at this address.
    await board.console.send("mw.b 0x30000000000 1\n");
    await board.console.waitFor(/Synchronous Abort|Resetting CPU/);

    await board.loadSnapshot("alive");

    expect(await run(board, "echo alive")).toBe("alive");
  });

  it("outlives a guest that switches itself off, at whatever point of that it is restored", async () => {
    const name = randomUUID();
    // The emulator stays: so long can its end take.
    await using bench = await openBoard({ args: ["-no-shutdown", "-name", name] });
    const board = bench.client;
    await bootToPrompt(board);
    await board.saveSnapshot("alive");
    await board.console.send("poweroff\n");
    await expect.poll(() => board.qmp("query-status")).toMatchObject({ status: "shutdown" });

    await board.loadSnapshot("alive");
    expect(await run(board, "echo alive")).toBe("alive");

    const emulator = await processWith(name);
    process.kill(emulator, "SIGSTOP");
    const restored = board.loadSnapshot("alive");
    process.kill(emulator, "SIGKILL");
    await restored;
    expect(await run(board, "echo alive")).toBe("alive");
  });

  it("is listed, replaced by another of its name, and given up", async () => {
    await using bench = await openBoard();
    const board = bench.client;
    await bootToPrompt(board);
    await board.saveSnapshot("one");
    await board.saveSnapshot("two");
    await run(board, "setenv colour red");
    await board.saveSnapshot("one");
    await board.deleteSnapshot("two");

    expect(await board.snapshots()).toEqual([
      { name: "one", savedAt: expect.any(String), memoryBytes: 256 * 1024 ** 2 },
    ]);
    await board.power.off();
    await board.loadSnapshot("one");
    expect(await run(board, "echo $colour")).toBe("red");
    await board.power.off();
    await board.deleteSnapshot("one");
    await bootToPrompt(board);
    await board.saveSnapshot("one");
    expect(await board.snapshots()).toHaveLength(1);
  });

  it("says what there is instead of one that is not there", async () => {
    await using bench = await openBoard();
    const board = bench.client;
    await expect(board.saveSnapshot("early")).rejects.toMatchObject({ reason: "QEMU_OFF" });
    await expect(board.loadSnapshot("booted")).rejects.toMatchObject({
      code: "not-found",
      reason: "QEMU_SNAPSHOT_MISSING",
    });
    await expect(board.saveSnapshot("../x")).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(board.deleteSnapshot("booted")).rejects.toMatchObject({ reason: "QEMU_SNAPSHOT_MISSING" });
  });

  it("is gone when another disk is flashed", async () => {
    await using bench = await openBoard();
    const board = bench.client;
    await bootToPrompt(board);
    await board.saveSnapshot("old");
    await board.power.off();
    await board.flasher.flash(Buffer.alloc(1024 ** 2));
    expect(await board.snapshots()).toEqual([]);
    await bootToPrompt(board);
    await board.saveSnapshot("old");
    expect(await board.snapshots()).toHaveLength(1);
  });
  it("is gone when another firmware is flashed, and its name can be taken again", async () => {
    await using bench = await openBoard();
    const board = bench.client;
    await board.flasher.flash(Buffer.alloc(1024 ** 2));
    await bootToPrompt(board);
    await board.saveSnapshot("old");
    await board.power.off();
    await board.flasher.flash({ bios });
    expect(await board.snapshots()).toEqual([]);
    await bootToPrompt(board);
    await board.saveSnapshot("old");
    await board.loadSnapshot("old");
    expect(await run(board, "echo back")).toBe("back");
  });
});
