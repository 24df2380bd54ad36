import { connect } from "@jumpstarter-ts/client";
import { qemu } from "@jumpstarter-ts/driver-qemu";
import { beforeAll, describe, expect, it } from "vitest";

import { hasLinuxBoard, linuxBoard, type LinuxBoard } from "../../fixtures/boards/linux/index.ts";
import { pythonSession } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";
import { existsSync } from "node:fs";

const isReady = pythonPeer() !== undefined && existsSync("/usr/bin/qemu-system-aarch64") && hasLinuxBoard();

describe.skipIf(!isReady && process.env["CI"] !== "true")("a Linux board of our exporter", () => {
  let linux: LinuxBoard;
  beforeAll(async () => {
    linux = await linuxBoard();
  }, 120_000);

  const board = (): string => `export:
  board:
    type: jumpstarter_driver_qemu.driver.Qemu
    config:
      arch: aarch64
      cpu: cortex-a53
      smp: 1
      mem: 256M
      kernel: ${linux.kernel}
      initrd: ${linux.initrd}
      append: ${linux.commandLine} ${linux.rootOnDisk}
      default_partitions: { root: ${linux.disk} }
      hostfwd: { ssh: { hostport: 0, guestport: 22 } }
`;

  it("runs the commands that Python sends over ssh", { timeout: 90_000 }, async () => {
    await using ours = await startOurs(board());
    const answer = await pythonSession(
      ours.host,
      `
board = client.board
with board.console.pexpect() as console:
    board.power.on()
    console.expect("login: ", timeout=60)
with board.shell() as shell:
    answer = shell.run("cat /etc/board-version", hide=True).stdout.strip()
board.power.off()
`,
    );
    expect(answer).toBe("1.0.0");
  });

  it("is whole again after each test that destroys it, from a snapshot", { timeout: 90_000 }, async () => {
    await using ours = await startOurs(board());
    await using session = await connect({ host: ours.host });
    const { power, console, saveSnapshot, loadSnapshot, run } = session.device("board").as(qemu);
    await power.on();
    await console.waitFor("login: ", { timeout: 60_000 });
    await console.send("root\n");
    await console.waitFor("root@demo:~# ");
    await saveSnapshot("booted");

    await console.send("rm -rf /etc /usr; sync; cat /etc/board-version\n");
    await console.waitFor("No such file");
    await loadSnapshot("booted");
    expect((await run("cat /etc/board-version")).stdout).toBe("1.0.0\n");

    await console.send("panic\n");
    await console.waitFor("Kernel panic");
    await power.off();
    await loadSnapshot("booted");
    expect((await run("cat /etc/board-version")).stdout).toBe("1.0.0\n");
  });
});
