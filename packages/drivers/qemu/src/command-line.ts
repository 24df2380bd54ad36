import type { Accelerator } from "./accelerator.ts";
import type { MachineFiles } from "./disks.ts";
import type { Architecture, QemuOptions } from "./options.ts";

export interface CommandLineParts {
  readonly options: QemuOptions;
  readonly files: MachineFiles;
  readonly accelerator: Accelerator;
  readonly memoryBytes: number;
  /** Directory with cloud-init's files. */
  readonly cloudInit: string | undefined;
  readonly vncSocket: string;
}

/** The descriptors on which QEMU finds its control socket and its UART. */
export const sockets = { qmp: 3, uart: 4 } as const;

const defaultCpu: Readonly<Record<Architecture, string | undefined>> = {
  aarch64: "cortex-a57",
  arm: "cortex-a15",
  riscv64: undefined,
  x86_64: "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt",
};

export const debianPackageOf: Readonly<Record<Architecture, string>> = {
  aarch64: "qemu-system-arm",
  arm: "qemu-system-arm",
  riscv64: "qemu-system-misc",
  x86_64: "qemu-system-x86",
};

export function machineOf({ arch, machine }: Pick<QemuOptions, "arch" | "machine">): string {
  return machine ?? (arch === "x86_64" ? "q35" : "virt");
}

/** The disk is written to a directory that ends with the session: nobody needs it after a loss of power. */
const cache = { direct: false, "no-flush": true };

/** QEMU's arguments: a machine that waits, with its control socket and its UART on inherited descriptors. */
export function qemuArguments(parts: CommandLineParts): string[] {
  const { options, files, accelerator, memoryBytes, vncSocket } = parts;
  const { arch, smp, append, devices, args } = options;
  const cpu = options.cpu ?? (accelerator === "kvm" ? "host" : defaultCpu[arch]);
  const machine = [machineOf(options)];
  const line: string[] = ["-nodefaults", "-S", "-display", "none", "-vga", "none", "-accel", accelerator];
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) line.push(name, value);
  };

  add("-cpu", cpu);
  add("-smp", String(smp));
  add("-m", `size=${Math.ceil(memoryBytes / 1024 ** 2)}M`);
  add("-chardev", `socket,id=qmp,fd=${sockets.qmp}`);
  add("-mon", "chardev=qmp,mode=control");
  add("-chardev", `socket,id=uart,fd=${sockets.uart}`);
  add("-serial", "chardev:uart");
  add("-vnc", `unix:${escaped(vncSocket)}`);
  add("-netdev", networkOf(options));
  // Only a PC needs the card's boot program, which is in a package of its own.
  add("-device", `virtio-net-pci,netdev=eth0${arch === "x86_64" ? "" : ",romfile="}`);
  add("-device", "virtio-gpu-pci");

  add("-bios", files.bios);
  add("-kernel", files.kernel);
  add("-initrd", files.initrd);
  add("-append", append);
  if (files.firmware !== undefined) {
    const { code, variables } = files.firmware;
    line.push("-blockdev", blockDevice("firmware", "raw", code, { "read-only": true }));
    line.push("-blockdev", blockDevice(nodes.variables, "qcow2", variables, { cache }));
    machine.push("pflash0=firmware", `pflash1=${nodes.variables}`);
  }
  if (files.root !== undefined) {
    line.push("-blockdev", blockDevice(nodes.root, "qcow2", files.root, { cache, discard: "unmap" }));
    line.push("-device", `virtio-blk-pci,drive=${nodes.root},bootindex=1`);
  }
  if (parts.cloudInit !== undefined) {
    const drive = { driver: "vvfat", "node-name": "cidata", "read-only": true, dir: parts.cloudInit, label: "CIDATA" };
    line.push("-blockdev", JSON.stringify(drive), "-device", "virtio-blk-pci,drive=cidata");
  }
  line.push("-machine", machine.join(","));
  for (const device of devices) line.push("-device", device);
  return [...line, ...args];
}

/** The names of the disks that are written, and therefore part of a snapshot. */
export const nodes = { root: "rootfs", variables: "variables", state: "state" } as const;

export function blockDevice(
  name: string,
  driver: string,
  filename: string,
  more: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify(blockNode(name, driver, filename, more));
}

export function blockNode(
  name: string,
  driver: string,
  filename: string,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { cache: cached } = more;
  const file = { driver: "file", filename, ...(cached === undefined ? {} : { cache: cached }) };
  return { driver, "node-name": name, file, ...more };
}

function networkOf({ hostfwd, user_net }: QemuOptions): string {
  const forwards = Object.values(hostfwd).map(
    ({ protocol, hostaddr, hostport, guestport }) => `hostfwd=${protocol}:${hostaddr}:${hostport}-:${guestport}`,
  );
  return ["user", "id=eth0", ...forwards, ...(user_net === undefined ? [] : [user_net])].join(",");
}

/** In QEMU's option lists a comma of a value is doubled. */
function escaped(value: string): string {
  return value.replaceAll(",", ",,");
}
