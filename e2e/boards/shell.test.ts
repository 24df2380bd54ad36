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

describe.skipIf(isMissing)("a shell on a board's console", { timeout: bootTimeout }, () => {
  beforeAll(async () => {
    board = await linuxBoard();
  }, buildTimeout);

  it("logs in with a password, and finds its way back to a shell that is logged in", async () => {
    await using bench = await openBench({ board: linuxMachine(board) });
    const { power, console } = bench.machine("board");
    await power.on();
    const login = { user: "jumpstarter", password: "password" };

    const first = await console.shell({ login, ...patience });
    expect(await first`id -un`).toMatchObject({ stdout: "jumpstarter" });
    const second = await console.shell({ login, nudgeAfter: 0, ...patience });

    expect(await second`id -un`).toMatchObject({ stdout: "jumpstarter" });
  });

  it("is not misled by what the kernel says in the middle of a command's output", async () => {
    await using bench = await openBench({ board: linuxMachine(board) });
    const sh = await bootToShell(bench.machine("board"));
    await sh`dmesg -n 8`;
    // One after the other, as fast as they can: the kernel interrupts lines, marks and prompts.
    await sh.run("(while true; do echo '<1>something happens' > /dev/kmsg; done) &");

    const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const count of numbers) {
      const { stdout, exitCode } = await sh.run(`seq 1 ${count}; (exit ${count})`, { check: false, ...patience });
      expect(stdout.split("\n").map(Number)).toEqual(numbers.slice(0, count));
      expect(exitCode).toBe(count);
    }

    expect(bench.machine("board").console.textSince("start")).toContain("something happens");
    await sh`kill $!`;
    expect((await sh`dmesg`).stdout).toContain("something happens");
  });

  it("keeps the kernel quiet, and says so when it cannot", async () => {
    await using bench = await openBench({ board: linuxMachine(board) });
    const machine = bench.machine("board");
    await machine.power.on();

    const sh = await machine.console.shell({ login: { user: "root" }, quiet: true, ...patience });
    const since = machine.console.mark();
    await sh`echo '<1>something happens' > /dev/kmsg`;
    await sh`true`;

    expect(machine.console.textSince(since)).not.toMatch(/^\[.*something happens/m);
    await sh`mount -t tmpfs none /proc/sys`;
    await expect(machine.console.shell({ nudgeAfter: 0, quiet: true })).rejects.toMatchObject({
      reason: "SHELL_NOT_QUIET",
    });
  });

  it("carries a file of a mebibyte and a script of a hundred lines", async () => {
    await using bench = await openBench({ board: linuxMachine(board) });
    const sh = await bootToShell(bench.machine("board"));
    const script = Array.from({ length: 100 }, (_, index) => `echo "line ${index}: it's"`).join("\n");

    expect((await sh.run(script, patience)).stdout.split("\n")).toHaveLength(100);
    const { stdout } = await sh.run("head -c 786432 /dev/zero | base64 -w 0", patience);

    expect(stdout).toBe("A".repeat(1024 ** 2));
  });

  it("says so when the kernel panics under a command, and to whoever uses the shell next", async () => {
    await using bench = await openBench({ board: linuxMachine(board) });
    const machine = bench.machine("board");
    const sh = await bootToShell(machine);

    await expect(sh.run("panic", patience)).rejects.toMatchObject({ reason: "CONSOLE_FAILED_ON" });
    await expect(sh`true`).rejects.toMatchObject({ reason: "SHELL_BROKEN" });
  });

  it("notices that its user was logged out", async () => {
    await using bench = await openBench({ board: linuxMachine(board) });
    const sh = await bootToShell(bench.machine("board"));

    await expect(sh.run("exit 1", { timeout: "3s" })).rejects.toThrow("the console asks for a login");
  });

  it("runs U-Boot's commands, with their exit codes", async () => {
    await using bench = await openBench({ board: linuxMachine(board, { from: "u-boot" }) });
    const { power, console } = bench.machine("board");
    await power.on();
    await console.waitFor("Hit any key", patience);
    await console.send(" ");

    await using sh = await console.shell({ prompt: /=> $/, ...patience });

    await sh.run("setenv colour 'dark red'");
    expect(await sh.run("echo $colour")).toEqual({ stdout: "dark red", exitCode: 0 });
    expect(await sh.run("printenv nothing", { check: false })).toMatchObject({ exitCode: 1 });
    expect((await sh`version`).stdout).toContain("U-Boot 20");
    await expect(sh.run("sleep 1000", { timeout: "300ms" })).rejects.toMatchObject({ reason: "SHELL_TIMEOUT" });
    expect(await sh.run("echo on")).toMatchObject({ stdout: "on" });
  });
});
