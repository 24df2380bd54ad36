import { describe, expect, it, onTestFinished, vi } from "vitest";

import { openBoard } from "../test/open-board.ts";

const detect = ["detect_fastboot_device", 5, 2];

describe("a flash of a RideSX board", () => {
  it("boots into fastboot, uploads, writes by partition, and switches the board off", async () => {
    await using board = await openBoard();
    await board.client.flash({ boot: await board.image("boot.img", "kernel"), userdata: Buffer.from("data") });

    expect(board.calls).toEqual([
      ["boot_to_fastboot"],
      detect,
      ["flash_with_fastboot", "ABC123", { boot: "boot.img", userdata: "userdata.img" }],
      ["power.off"],
    ]);
    await expect(board.stored("boot.img")).resolves.toBe("kernel");
    await expect(board.stored("userdata.img")).resolves.toBe("data");
  });

  it("uploads once what has not changed, and again what has", async () => {
    await using board = await openBoard();
    const phasesOf = async (content: string): Promise<readonly string[]> => {
      const phases = new Set<string>();
      for await (const { phase } of board.client.flash({ boot: await board.image("boot.img", content) })) {
        phases.add(phase);
      }
      return [...phases];
    };
    await phasesOf("kernel 1");
    await expect(phasesOf("kernel 1")).resolves.not.toContain("writing");
    await phasesOf("kernel 2");
    await expect(board.stored("boot.img")).resolves.toBe("kernel 2");
  });

  it("keeps images apart whose files have the same name", async () => {
    await using board = await openBoard();
    await board.client.flash({
      boot_a: await board.image("boot.img", "first"),
      boot_b: await board.image("boot.img", "second"),
    });
    expect(board.calls).toContainEqual([
      "flash_with_fastboot",
      "ABC123",
      { boot_a: "boot_a-boot.img", boot_b: "boot_b-boot.img" },
    ]);
    await expect(board.stored("boot_b-boot.img")).resolves.toBe("second");
  });

  it("leaves the boot and the power alone if told to", async () => {
    await using board = await openBoard();
    await board.client.flash({ boot: Buffer.from("kernel") }, { boot: false, powerOff: false });
    expect(board.calls).toEqual([detect, ["flash_with_fastboot", "ABC123", { boot: "boot.img" }]]);
  });

  it("switches the board off also where fastboot fails", async () => {
    await using board = await openBoard({ flashFails: "FAILED (remote: locked)" });
    await expect(board.client.flash({ boot: Buffer.from("kernel") })).rejects.toThrow("remote: locked");
    expect(board.calls.at(-1)).toEqual(["power.off"]);
  });

  it("tells both if the board cannot even be switched off", async () => {
    await using board = await openBoard({ flashFails: "remote: locked", powerFails: "relay stuck" });
    await expect(board.client.flash({ boot: Buffer.from("kernel") })).rejects.toMatchObject({
      reason: "RIDESX_STILL_ON",
      message: expect.stringMatching(/remote: locked; and the board could not be switched off: .*relay stuck/),
    });
  });

  it("fails where no board comes into fastboot", async () => {
    await using board = await openBoard({ device: undefined });
    await expect(board.client.flash({ boot: Buffer.from("kernel") })).rejects.toMatchObject({
      code: "unavailable",
      reason: "RIDESX_NO_FASTBOOT_DEVICE",
    });
    expect(board.calls.at(-1)).toEqual(["power.off"]);
  });

  it("refuses to flash nothing, and does nothing", async () => {
    await using board = await openBoard();
    await expect(board.client.flash({})).rejects.toMatchObject({ reason: "RIDESX_NO_IMAGES" });
    expect(board.calls).toEqual([]);
  });
});

describe("an image of a registry", () => {
  it("is written by the exporter, whose tool's output comes back", async () => {
    await using board = await openBoard();
    const output = await board.client.flashOci("oci://registry.example/board:1", {
      partitions: { boot: "boot.img" },
      credentials: { username: "robot", password: "secret" },
    });
    expect(output).toBe("written");
    expect(board.calls).toEqual([
      ["boot_to_fastboot"],
      detect,
      ["flash_oci_image", "oci://registry.example/board:1", { boot: "boot.img" }, "robot", "secret"],
      ["power.off"],
    ]);
  });

  it("says itself what goes where, and is fetched without a name, where the test says nothing", async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("OCI_USERNAME", "");
    await using board = await openBoard();
    await board.client.flashOci("oci://registry.example/board:1", { boot: false, powerOff: false });
    expect(board.calls).toEqual([
      detect,
      ["flash_oci_image", "oci://registry.example/board:1", undefined, undefined, undefined],
    ]);
  });

  it("fails where the tool does not tell success", async () => {
    await using board = await openBoard({ status: "failed" });
    await expect(board.client.flashOci("oci://registry.example/board:1")).rejects.toMatchObject({
      reason: "RIDESX_TOOL_FAILED",
    });
  });
});

describe("a RideSX board", () => {
  it("has a partition erased in fastboot, and stays on", async () => {
    await using board = await openBoard();
    await expect(board.client.erasePartition("userdata")).resolves.toBe("erased");
    expect(board.calls).toEqual([["boot_to_fastboot"], detect, ["erase_partition", "ABC123", "userdata"]]);
  });

  it("is looked for as long as the test says", async () => {
    await using board = await openBoard({ device: undefined });
    await expect(board.client.detectFastbootDevice({ maxAttempts: 2, delayMs: 100 })).resolves.toBeUndefined();
    expect(board.calls).toEqual([["detect_fastboot_device", 2, 0.1]]);
  });

  it("has its power beside it", async () => {
    await using board = await openBoard();
    await board.client.power?.on();
    expect(board.calls).toEqual([["power.on"]]);
  });
});
