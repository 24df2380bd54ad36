import { beforeAll, describe, expect, it } from "vitest";

import { linuxBoard, type LinuxBoard } from "../../fixtures/boards/linux/index.ts";
import { bootTimeout, bootToShell, buildTimeout, isMissing, linuxMachine, openBench } from "./linux-machine.ts";

let board: LinuxBoard;

/** A machine with U-Boot and an empty disk: a board as it comes from the factory. */
const blank = (): object =>
  linuxMachine(board, { from: "u-boot", config: { default_partitions: { bios: board.uboot } } });

describe.skipIf(isMissing)("a disk image", { timeout: bootTimeout }, () => {
  beforeAll(async () => {
    board = await linuxBoard();
  }, buildTimeout);

  it("is flashed, booted by U-Boot, changed, kept over a restart, and restored by flashing it again", async () => {
    await using bench = await openBench({ board: blank() });
    const machine = bench.machine("board");
    await machine.flasher.flash(board.disk);

    const factory = await bootToShell(machine);
    expect(machine.console.textSince("start")).toMatch(/U-Boot 20\d\d\.\d\d/);
    expect(await factory`cat /etc/board-version`).toMatchObject({ stdout: "1.0.0" });
    await factory.run("echo 2.0.0 >/etc/board-version; rm -rf /etc/issue /root/.ssh; sync");

    await machine.power.off();
    const changed = await bootToShell(machine);
    expect(await changed`cat /etc/board-version`).toMatchObject({ stdout: "2.0.0" });

    await machine.power.off();
    await machine.flasher.flash(board.disk);
    const restored = await bootToShell(machine);
    expect(await restored`cat /etc/board-version; cat /etc/issue | head -n 1; ls -A /root`).toMatchObject({
      stdout: "1.0.0\nJumpstarter test board\n.ssh",
    });
  });

  it("takes the name and the user of its machine at the first start", async () => {
    const { uboot: bios, disk: root } = board;
    const config = { default_partitions: { bios, root }, hostname: "tux", username: "tester", password: "secret" };
    await using bench = await openBench({ board: linuxMachine(board, { from: "u-boot", config }) });
    const machine = bench.machine("board");

    const sh = await bootToShell(machine);
    await sh.run("until ip -4 addr show eth0 | grep -q inet; do usleep 50000; done");

    expect(await machine.run("id -un; hostname")).toMatchObject({ stdout: "tester\ntux\n", stderr: "" });
  });
});
