import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { http } from "@jumpstarter-ts/driver-http";
import { tftp } from "@jumpstarter-ts/driver-tftp";
import { uboot, type UbootConsole } from "@jumpstarter-ts/driver-uboot";
import { beforeAll, describe, expect, it } from "vitest";

import { linuxBoard, type LinuxBoard } from "../../fixtures/boards/linux/index.ts";
import {
  bootTimeout,
  buildTimeout,
  isMissing,
  linuxMachine,
  openBench,
  rootShell,
  type Bench,
} from "./linux-machine.ts";
import { openTogether } from "./open-together.ts";

let board: LinuxBoard;

/** The host, as a machine in QEMU's own network reaches it. */
const hostOfGuest = "10.0.2.2";

/** A machine with U-Boot and no disk beside a server; the server's files are gone at the end. */
function openNetworkBench(servers: (directory: string) => Readonly<Record<string, object>>): Promise<Bench> {
  return openTogether("the bench and its server", async ({ use, defer }) => {
    const directory = await mkdtemp(join(tmpdir(), "netboot-"));
    defer(() => rm(directory, { recursive: true, force: true }));
    return use(
      await openBench({
        board: linuxMachine(board, { from: "u-boot", config: { default_partitions: { bios: board.uboot } } }),
        uboot: {
          type: "jumpstarter_driver_uboot.driver.UbootConsole",
          children: { power: { ref: "board.power" }, serial: { ref: "board.console" } },
        },
        ...servers(directory),
      }),
    );
  });
}

/** Starts what was fetched, the initrd last, with the console that the board's own disk would give it. */
async function bootKernel(bench: Bench, prompt: UbootConsole): Promise<void> {
  const initrdBytes = Number.parseInt((await prompt.getEnv("filesize")) ?? "", 16);
  expect(initrdBytes).toBe((await stat(board.initrd)).size);
  await prompt.setEnv("bootargs", board.commandLine);
  const initrd = `\${ramdisk_addr_r}:${initrdBytes.toString(16)}`;
  await bench.machine("board").console.sendLine(`booti \${kernel_addr_r} ${initrd} \${fdtcontroladdr}`);
}

describe.skipIf(isMissing)("a board without a disk", { timeout: bootTimeout }, () => {
  beforeAll(async () => {
    board = await linuxBoard();
  }, buildTimeout);

  it("fetches its kernel and its system over HTTP, and boots them", async ({ skip }) => {
    skip(!board.versions["u-boot-qemu"]?.startsWith("2025"), "U-Boot has wget from 2025 on, which trixie has");
    await using bench = await openNetworkBench((directory) => ({
      web: {
        type: "jumpstarter_driver_http.driver.HttpServer",
        config: { root_dir: directory, host: "127.0.0.1", port: 0 },
      },
    }));
    const web = bench.session.device("web").as(http);
    await using _server = await web.serve();
    await web.putFile("vmlinuz", board.kernel);
    await web.putFile("initrd.gz", board.initrd);

    const prompt = await bench.session.device("uboot").as(uboot).rebootToConsole({ offForMs: 1 });
    await prompt.setupDhcp();
    await prompt.setEnv("httpdstp", String(await web.port()));
    await prompt.runChecked(`wget \${kernel_addr_r} ${hostOfGuest}:/vmlinuz`);
    await prompt.runChecked(`wget \${ramdisk_addr_r} ${hostOfGuest}:/initrd.gz`);
    await bootKernel(bench, prompt);

    const sh = await rootShell(bench.machine("board"));
    expect(await sh`cat /etc/board-version`).toMatchObject({ stdout: "1.0.0" });
  });

  it("fetches them over TFTP, and boots them", async ({ skip }) => {
    skip(process.getuid?.() !== 0, "Debian's U-Boot knows no other port than 69, which only root may serve");
    // QEMU hands all of 127/8 to the host's own loopback; an address of our own is not taken by another suite.
    const host = `127.69.0.${1 + (process.pid % 250)}`;
    await using bench = await openNetworkBench((directory) => ({
      files: {
        type: "jumpstarter_driver_tftp.driver.Tftp",
        config: { root_dir: directory, host, port: 69 },
      },
    }));
    const files = bench.session.device("files").as(tftp);
    await using _server = await files.serve();
    await files.putFile("vmlinuz", board.kernel);
    await files.putFile("initrd.gz", board.initrd);

    const prompt = await bench.session.device("uboot").as(uboot).rebootToConsole({ offForMs: 1 });
    await prompt.setupDhcp();
    await prompt.setEnvs({ serverip: host, tftpwindowsize: "16" });
    await prompt.runChecked("tftpboot ${kernel_addr_r} vmlinuz");
    await prompt.runChecked("tftpboot ${ramdisk_addr_r} initrd.gz");
    await bootKernel(bench, prompt);

    const sh = await rootShell(bench.machine("board"));
    expect(await sh`cat /etc/board-version`).toMatchObject({ stdout: "1.0.0" });
  });
});
