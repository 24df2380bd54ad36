import { beforeAll, describe, expect, it } from "vitest";

import { linuxBoard, type LinuxBoard } from "../../fixtures/boards/linux/index.ts";
import {
  bootTimeout,
  bootToShell,
  buildTimeout,
  isMissing,
  linuxMachine,
  openBench,
  patience,
} from "./linux-machine.ts";

let board: LinuxBoard;

describe.skipIf(isMissing)("a Linux board", { timeout: bootTimeout }, () => {
  beforeAll(async () => {
    board = await linuxBoard();
  }, buildTimeout);

  it("boots to its login, and runs what the console says", async () => {
    await using bench = await openBench({ board: linuxMachine(board) });
    const machine = bench.machine("board");

    const sh = await bootToShell(machine);

    expect(await sh`uname -m`).toEqual({ stdout: "aarch64", exitCode: 0 });
    await expect(sh`ls /nowhere`).rejects.toThrow("No such file or directory");
  });

  it("fails a wait at once when its kernel panics", async () => {
    await using bench = await openBench({ board: linuxMachine(board) });
    const machine = bench.machine("board");
    await bootToShell(machine);

    await machine.console.sendLine("panic");
    const wait = machine.console.waitFor("all is well", { ...patience, failOn: /Kernel panic - not syncing: .*/ });

    await expect(wait).rejects.toMatchObject({ reason: "CONSOLE_FAILED_ON" });
    await expect(wait).rejects.toThrow("sysrq triggered crash");
  });

  it("starts again after a panic when it is told to, and after its power was cut", async () => {
    await using bench = await openBench({ board: linuxMachine(board, { append: "panic=-1" }) });
    const machine = bench.machine("board");
    const sh = await bootToShell(machine);
    await sh`rm -rf /etc`;

    await machine.console.sendLine("panic");
    await machine.console.waitForInOrder([/Kernel panic/, /board login: $/], patience);
    await machine.power.off();
    const again = await bootToShell(machine);

    expect(await again`cat /etc/board-version`).toMatchObject({ stdout: "1.0.0" });
  });

  it("runs commands over ssh through a port that is forwarded, as its own user", async () => {
    await using bench = await openBench({ board: linuxMachine(board) });
    const machine = bench.machine("board");
    const sh = await bootToShell(machine);
    await sh.run("until ip -4 addr show eth0 | grep -q inet; do usleep 50000; done");

    const result = await machine.run("id -un; echo oh dear >&2; exit 3");

    expect(result).toMatchObject({ stdout: "jumpstarter\n", stderr: "oh dear\n", exitCode: 3 });
  });

  it("is not told that it has moved when a snapshot brings it back: its kernel may hang over that", async () => {
    await using bench = await openBench({ board: linuxMachine(board) });
    const machine = bench.machine("board");
    const sh = await bootToShell(machine);
    await sh.run("until ip -4 addr show eth0 | grep -q inet; do usleep 50000; done");
    const news = "grep -- -config /proc/interrupts";
    const before = await sh.run(news);
    await machine.saveSnapshot("booted");

    await machine.loadSnapshot("booted");

    // It would be told at once, and four times more within half a second.
    await sh`sleep 1`;
    expect(await sh.run(news)).toEqual(before);
  });

  it("is one of two that run at once, each with its own console and network", async () => {
    await using bench = await openBench({
      left: linuxMachine(board, { append: "hostname=left" }),
      right: linuxMachine(board, { append: "hostname=right" }),
    });
    const [left, right] = [bench.machine("left"), bench.machine("right")];

    const shells = await Promise.all([bootToShell(left), bootToShell(right)]);
    await Promise.all(shells.map((sh) => sh`hostname >/etc/side`));

    const answers = await Promise.all(shells.map((sh) => sh`cat /etc/side`));
    expect(answers.map(({ stdout }) => stdout)).toEqual(["left", "right"]);
    expect(left.console.textSince("start")).not.toContain("right");
  });
});
