/** The hardware bench of fixtures/boards/hardware-bench, its exporter inside, and the other ends of its cables. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect, type Session } from "@jumpstarter-ts/client";
import type { Shell } from "@jumpstarter-ts/core";
import type { QemuClient } from "@jumpstarter-ts/driver-qemu";
import { openLocalPort } from "@jumpstarter-ts/driver-ssh/local-port";

import { hasHardwareBench, type HardwareBench } from "../../fixtures/boards/hardware-bench/index.ts";
import { openBench, rootShell } from "./linux-machine.ts";
import { openTogether } from "./open-together.ts";

/** CI has all of it; elsewhere what is missing skips the suites that need it. */
export const isBenchMissing =
  process.env["CI"] !== "true" && !(hasHardwareBench() && existsSync("/usr/bin/qemu-system-aarch64"));

/** As start-bench listens inside. */
const exporterPort = 19_090;

export interface RunningBench extends AsyncDisposable {
  /** With the exporter that runs inside, over TCP. */
  readonly session: Session;
  /** The machine itself: its console, its QMP. */
  readonly machine: QemuClient;
  /** Root's shell inside. */
  readonly shell: Shell;
  /** The far end of the cable whose near end is /dev/ttyUSB0. */
  readonly cable: Socket;
}

/** Boots the bench and runs an exporter with these devices in it; all of it ends with what this gives. */
export function runBench(bench: HardwareBench, devices: Readonly<Record<string, object>>): Promise<RunningBench> {
  return openTogether("the hardware bench", async ({ use, defer }) => {
    const directory = await mkdtemp(join(tmpdir(), "bench-"));
    defer(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, "exporter.yaml"), exporterConfig(devices));
    await writeFile(join(directory, "stick.img"), "");
    await truncate(join(directory, "stick.img"), 64 * 2 ** 20);

    const outside = use(await openBench({ bench: benchMachine(bench, directory) }));
    const machine = outside.machine("bench");
    await machine.power.on();
    await machine.console.waitFor('{"host":"', { timeout: "240s", failOn: /Kernel panic|Error: |{"error":/ });
    const shell = use(await rootShell(machine));
    const port = use(await openLocalPort(machine.forward("exporter")));
    const host = `${port.host}:${port.port}`;
    const session = use(await connect({ host, insecure: true, timeoutMs: 60_000 }));
    await session.waitUntilReady({ signal: AbortSignal.timeout(60_000) });
    const cable = createConnection(join(directory, "cable.sock"));
    defer(() => void cable.destroy());
    await new Promise<void>((resolve, reject) => {
      cable.once("connect", resolve);
      cable.once("error", reject);
    });
    await session.recordConsoles();
    return { session, machine, shell, cable };
  });
}

/** The USB serial adapter as QEMU names it, to unplug it and to plug it in again. */
export const adapter = { driver: "usb-serial", id: "adapter", chardev: "cable", "always-plugged": true } as const;

function benchMachine({ kernel, initrd, commandLine, folders }: HardwareBench, directory: string): object {
  const folder = (tag: string, path: string, more: string): string[] => {
    const device = `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`;
    return ["-fsdev", `local,id=${tag},path=${path},security_model=none,multidevs=remap${more}`, "-device", device];
  };
  const cable = `socket,id=cable,path=${join(directory, "cable.sock")},server=on,wait=off`;
  const stick = `if=none,id=stick,format=raw,file=${join(directory, "stick.img")}`;
  return {
    type: "jumpstarter_driver_qemu.driver.Qemu",
    config: {
      arch: "aarch64",
      cpu: "cortex-a53",
      smp: 2,
      mem: "1G",
      accel: "tcg",
      kernel,
      initrd,
      append: commandLine,
      hostfwd: { exporter: { hostport: 0, guestport: exporterPort } },
      qmp: "all",
      devices: ["qemu-xhci", "usb-storage,drive=stick", JSON.stringify(adapter)],
      args: [
        "-chardev",
        cable,
        "-drive",
        stick,
        ...Object.entries(folders).flatMap(([tag, path]) => folder(tag, path, ",readonly=on")),
        ...folder("bench", directory, ""),
      ],
    },
  };
}

function exporterConfig(devices: Readonly<Record<string, object>>): string {
  return JSON.stringify({
    apiVersion: "jumpstarter.dev/v1alpha1",
    kind: "ExporterConfig",
    metadata: { namespace: "default", name: "bench" },
    export: devices,
  });
}
