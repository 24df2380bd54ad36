import { connect } from "@jumpstarter-ts/client";
import { qemu } from "@jumpstarter-ts/driver-qemu";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";
import { existsSync } from "node:fs";

const emulator = "/usr/bin/qemu-system-aarch64";
const bios = "/usr/lib/u-boot/qemu_arm64/u-boot.bin";
const isReady = pythonPeer() !== undefined && existsSync(emulator) && existsSync(bios);

describe.skipIf(!isReady && process.env["CI"] !== "true")("Python's qemu driver", () => {
  it("tells us about its machine and takes sizes for the next start", async () => {
    await using exporter = await startPythonExporter(`export:
  board:
    type: jumpstarter_driver_qemu.driver.Qemu
    config: { arch: aarch64, hostname: board, username: tester, password: secret }
`);
    await using session = await connect({ host: exporter.host });
    const board = session.device("board").as(qemu);

    expect([await board.hostname(), await board.username(), await board.password()]).toEqual([
      "board",
      "tester",
      "secret",
    ]);
    await board.setDiskSize("20G");
    await board.setMemorySize("1G");
    await expect(board.setMemorySize("a lot")).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(board.run("true")).rejects.toMatchObject({ reason: "DEVICE_NOT_FOUND" });
    // Nothing has been started, so that there is nothing to stop.
    await board.power.off();
  });
});
