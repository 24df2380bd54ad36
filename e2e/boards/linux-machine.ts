/** The Linux board of fixtures/boards/linux as a machine of our `qemu` driver, in an exporter of this process. */
import { existsSync } from "node:fs";

import { connect, type Session } from "@jumpstarter-ts/client";
import type { Shell } from "@jumpstarter-ts/core";
import { qemu, type QemuClient } from "@jumpstarter-ts/driver-qemu";

import { hasLinuxBoard, type LinuxBoard } from "../../fixtures/boards/linux/index.ts";
import { startOurs } from "../interop/ours.ts";
import { openTogether } from "./open-together.ts";

const programs = ["/usr/bin/qemu-system-aarch64", "/usr/bin/qemu-img", "/usr/bin/ssh"];

/** CI has all of it; elsewhere what is missing skips the suites that need it. */
export const isMissing =
  process.env["CI"] !== "true" && !(hasLinuxBoard() && programs.every((program) => existsSync(program)));

/** For a hook that builds the board, and for a test that boots it: other suites have the processors, too. */
export const buildTimeout = 600_000;
export const bootTimeout = 180_000;

export interface MachineOptions {
  /** What is started: the kernel with a system in memory (default), the same with its system on the disk, or U-Boot. */
  readonly from?: "memory" | "disk" | "u-boot";
  /** More for the kernel's command line. */
  readonly append?: string;
  /** More options of the driver. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A device of the `export:` section; YAML takes JSON. */
export function linuxMachine(board: LinuxBoard, { from = "memory", append, config }: MachineOptions = {}): object {
  const { kernel, initrd, disk, uboot } = board;
  const commandLine = [board.commandLine, ...(from === "disk" ? [board.rootOnDisk] : []), ...(append ? [append] : [])];
  const start = from === "u-boot" ? {} : { kernel, initrd, append: commandLine.join(" ") };
  const files = { ...(from === "u-boot" ? { bios: uboot } : {}), ...(from === "memory" ? {} : { root: disk }) };
  return {
    type: "jumpstarter_driver_qemu.driver.Qemu",
    config: {
      arch: "aarch64",
      cpu: "cortex-a53",
      smp: 1,
      mem: "256M",
      accel: "tcg",
      hostname: "board",
      default_partitions: files,
      hostfwd: { ssh: { hostport: 0, guestport: 22 } },
      ...start,
      ...config,
    },
  };
}

export interface Bench extends AsyncDisposable {
  readonly session: Session;
  machine(name: string): QemuClient;
}

/** An exporter with these devices and a session with it; both, and every machine, end with what this gives. */
export function openBench(devices: Readonly<Record<string, object>>): Promise<Bench> {
  return openTogether("the bench", async ({ use }) => {
    const exporter = use(await startOurs(`export: ${JSON.stringify(devices)}\n`));
    const session = use(await connect({ host: exporter.host }));
    await session.recordConsoles();
    return { session, machine: (name: string) => session.device(name).as(qemu) };
  });
}

/** Long enough for a machine whose processors have other work. */
export const patience = { timeout: "90s" } as const;

/** Root's shell on the console of a machine that is about to start. */
export async function rootShell({ console }: Pick<QemuClient, "console">): Promise<Shell> {
  return console.shell({ login: { user: "root" }, ...patience });
}

/** Switches a machine on and logs in as root. No key is sent before it asks for one: the first would stop U-Boot. */
export async function bootToShell({ power, console }: QemuClient): Promise<Shell> {
  const since = console.mark();
  await power.on();
  await console.waitFor("login: ", { ...patience, since });
  return console.shell({ login: { user: "root" }, nudgeAfter: 0, ...patience });
}
