import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

import { networkFlasher } from "@jumpstarter-ts/driver-flashers";
import { beforeAll, describe, expect, it } from "vitest";

import { linuxBoard, type LinuxBoard } from "../../fixtures/boards/linux/index.ts";
import { bootTimeout, buildTimeout, isMissing, linuxMachine, openBench, patience, rootShell } from "./linux-machine.ts";

let board: LinuxBoard;
/** U-Boot asks port 69, which belongs to root. */
const mayServeTftp = process.getuid?.() === 0 || process.env["CI"] === "true";

/** A bundle as a board's maker would write it: the helper system is the Linux of the fixture, from memory. */
async function makeBundle(directory: string): Promise<void> {
  await mkdir(join(directory, "data"), { recursive: true });
  await copyFile(board.kernel, join(directory, "data", "Image"));
  await copyFile(board.initrd, join(directory, "data", "initramfs.gz"));
  await writeFile(
    join(directory, "manifest.yaml"),
    `apiVersion: jumpstarter.dev/v1alpha1
kind: FlashBundleManifest
metadata: { name: qemu-arm64 }
spec:
  manufacturer: QEMU
  bootcmd: setenv bootargs ${board.commandLine}; booti 0x40400000 0x48000000:$filesize $fdtcontroladdr
  login: { login_prompt: "board login: ", username: root, prompt: "root@board:~# " }
  default_target: disk
  targets: { disk: /dev/vda }
  kernel: { file: data/Image, address: "0x40400000" }
  initram: { file: data/initramfs.gz, address: "0x48000000" }
  preflash_commands: ["dmesg -n 1"]
`,
  );
}

/** A machine with U-Boot and an empty disk, and the flasher for it. */
async function openFlashBench(directory: string) {
  const disk = join(directory, "disk.raw");
  await writeFile(disk, "");
  await truncate(disk, 160 * 1024 ** 2);
  const machine = linuxMachine(board, {
    from: "u-boot",
    config: { default_partitions: { bios: board.uboot, root: disk } },
  });
  return openBench({
    board: machine,
    flasher: {
      type: "jumpstarter_driver_flashers.driver.BaseFlasher",
      config: { flasher_bundle: join(directory, "bundle") },
      children: {
        power: { ref: "board.power" },
        serial: { ref: "board.console" },
        // Other suites may have the machine's own address: QEMU brings U-Boot's packets to this one, too.
        tftp: {
          type: "jumpstarter_driver_tftp.driver.Tftp",
          config: { root_dir: join(directory, "tftp"), host: "127.0.0.69" },
        },
        http: {
          type: "jumpstarter_driver_http.driver.HttpServer",
          config: { root_dir: join(directory, "http"), port: 0 },
        },
      },
    },
  });
}

describe.skipIf(isMissing || !mayServeTftp)(
  "a board that has nothing but a boot loader",
  { timeout: bootTimeout },
  () => {
    beforeAll(async () => {
      board = await linuxBoard();
    }, buildTimeout);

    it("is flashed over the network, and boots what was flashed", async () => {
      const directory = await mkdtemp(join(tmpdir(), "jumpstarter-flashers-e2e-"));
      try {
        await makeBundle(join(directory, "bundle"));
        await using bench = await openFlashBench(directory);
        const machine = bench.machine("board");
        const flasher = bench.session.device("flasher").as(networkFlasher);
        const phases: string[] = [];

        const image = join(directory, "disk.img.gz");
        await pipeline(createReadStream(board.disk), createGzip({ level: 1 }), createWriteStream(image));
        const flashing = flasher.flash(image, { method: "shell", retries: 0, offForMs: 1 });
        for await (const { phase } of flashing) if (phases.at(-1) !== phase) phases.push(phase);

        expect(await flashing).toMatchObject({
          target: "/dev/vda",
          attempts: 1,
          url: expect.stringMatching(/\/disk.img.gz$/),
        });
        expect(phases).toEqual(["preparing", "booting", "writing", "done"]);
        const since = machine.console.mark();
        await machine.power.on();
        // Whoever asks for a shell before would stop U-Boot's countdown.
        await machine.console.waitFor("board login: ", { since, ...patience });
        const shell = await rootShell(machine);
        expect(await shell`cat /proc/cmdline`).toMatchObject({ stdout: expect.stringContaining("root=/dev/vda") });
        expect(await shell`cat /etc/board-version`).toMatchObject({ stdout: "1.0.0" });
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    });
  },
);
