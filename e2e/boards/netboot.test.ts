import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { http } from "@jumpstarter-ts/driver-http";
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

let board: LinuxBoard;

/** The host, as a machine in QEMU's own network reaches it. */
const hostOfGuest = "10.0.2.2";

/** A machine with U-Boot and no disk beside a server; the server's files are gone at the end. */
async function openNetworkBench(servers: (directory: string) => Readonly<Record<string, object>>): Promise<Bench> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "netboot-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const bench = stack.use(
    await openBench({
      board: linuxMachine(board, { from: "u-boot", config: { default_partitions: { bios: board.uboot } } }),
      uboot: {
        type: "jumpstarter_driver_uboot.driver.UbootConsole",
        children: { power: { ref: "board.power" }, serial: { ref: "board.console" } },
      },
      ...servers(directory),
    }),
  );
  const open = stack.move();
  return { ...bench, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Starts what is in memory, with the console that the board's own disk would give it. */
async function bootKernel(bench: Bench, prompt: UbootConsole, initrdBytes: number): Promise<void> {
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
    const initrdBytes = Number.parseInt((await prompt.getEnv("filesize")) ?? "", 16);
    await bootKernel(bench, prompt, initrdBytes);

    const sh = await rootShell(bench.machine("board"));
    expect(await sh`cat /etc/board-version`).toMatchObject({ stdout: "1.0.0" });
  });
});
