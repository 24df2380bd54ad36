/** What it takes to flash the Linux board over the network: a bundle, and the devices around it. */
import { copyFile, mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { LinuxBoard } from "../../fixtures/boards/linux/index.ts";
import { linuxMachine } from "./linux-machine.ts";

/** U-Boot asks port 69, which belongs to root. */
export const mayServeTftp = process.getuid?.() === 0 || process.env["CI"] === "true";

/** Of this process alone: suites run beside each other. */
const ownLoopback = `127.69.${(process.pid >> 8) & 255}.${process.pid & 255}`;

// #region manifest
/** A bundle as a board's maker would write it; the helper system is the board's Linux, from memory. */
export async function makeBundle(
  board: LinuxBoard,
  directory: string,
  preflash: readonly string[] = [],
): Promise<void> {
  await mkdir(join(directory, "data"), { recursive: true });
  await copyFile(board.kernel, join(directory, "data", "Image"));
  await copyFile(board.initrd, join(directory, "data", "initramfs.gz"));
  const manifest = `apiVersion: jumpstarter.dev/v1alpha1
kind: FlashBundleManifest
metadata: { name: qemu-arm64 }
spec:
  manufacturer: QEMU
  link: https://www.qemu.org
  bootcmd: setenv bootargs ${board.commandLine}; booti 0x40400000 0x48000000:$filesize $fdtcontroladdr
  login: { login_prompt: "board login: ", username: root, prompt: "root@board:~# " }
  default_target: disk
  targets: { disk: /dev/vda }
  kernel: { file: data/Image, address: "0x40400000" }
  initram: { file: data/initramfs.gz, address: "0x48000000" }
  preflash_commands: ${JSON.stringify(["dmesg -n 1", ...preflash])}
`;
  await writeFile(join(directory, "manifest.yaml"), manifest);
}
// #endregion

/** A machine with U-Boot and an empty disk, and the flasher for it. The bundle is in the directory. */
export async function flashDevices(board: LinuxBoard, directory: string): Promise<Readonly<Record<string, object>>> {
  const disk = join(directory, "disk.raw");
  await writeFile(disk, "");
  await truncate(disk, 160 * 1024 ** 2);
  return {
    board: linuxMachine(board, { from: "u-boot", config: { default_partitions: { bios: board.uboot, root: disk } } }),
    flasher: {
      type: "jumpstarter_driver_flashers.driver.BaseFlasher",
      config: { flasher_bundle: join(directory, "bundle") },
      children: {
        power: { ref: "board.power" },
        serial: { ref: "board.console" },
        // Other suites may have the machine's own address; QEMU brings U-Boot's packets to any of these, too.
        tftp: {
          type: "jumpstarter_driver_tftp.driver.Tftp",
          config: { root_dir: join(directory, "tftp"), host: ownLoopback },
        },
        http: {
          type: "jumpstarter_driver_http.driver.HttpServer",
          config: { root_dir: join(directory, "http"), port: 0 },
        },
      },
    },
  };
}
