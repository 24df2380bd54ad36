import type { BusyboxShell, ShellOptions } from "./busybox-shell.ts";
import { flashError } from "./flash-error.ts";
import type { FlasherManifest } from "./manifest.ts";

export interface TargetChoice {
  /** A target of the manifest, or the label of a partition. */
  readonly target?: string | undefined;
  /** The target of the manifest that the partition is on. */
  readonly blockDevice?: string | undefined;
  /** The lab's. */
  readonly defaultTarget?: string | null | undefined;
}

/** The path to write to, on the board. */
export async function resolveTarget(
  shell: BusyboxShell,
  { spec }: FlasherManifest,
  { target, blockDevice, defaultTarget }: TargetChoice,
  options: ShellOptions,
): Promise<string> {
  const isOfManifest = target !== undefined && Object.hasOwn(spec.targets, target);
  const name = isOfManifest ? target : (blockDevice ?? defaultTarget ?? spec.default_target ?? undefined);
  const path = name === undefined || !Object.hasOwn(spec.targets, name) ? undefined : spec.targets[name];
  if (path === undefined) {
    const known = Object.keys(spec.targets).join(", ");
    throw flashError(
      "FLASH_NO_TARGET",
      `the flasher bundle has no target ${name ?? "by default, and none was named"}; it has ${known}`,
    );
  }
  const device = path.startsWith("/sys/class/block#") ? await blockDeviceAt(shell, path, options) : path;
  if (isOfManifest || target === undefined) return device;
  if (/^[\w.-]+$/.test(target)) return `/dev/disk/by-partlabel/${target}`;
  throw flashError("FLASH_NO_TARGET", `${JSON.stringify(target)} cannot be the label of a partition`);
}

/** Block devices are numbered as they are found: the one at an address has another name on each boot. */
async function blockDeviceAt(shell: BusyboxShell, path: string, options: ShellOptions): Promise<string> {
  const address = path.slice(path.indexOf("#") + 1);
  const { output } = await shell.try(`ls -l /sys/class/block/ | grep ${address} | head -n 1`, options);
  const name = /\s(\w+)\s->/.exec(output)?.[1];
  if (name !== undefined) return `/dev/${name}`;
  throw flashError("FLASH_NO_TARGET", `the board has no block device at ${address}; it said ${JSON.stringify(output)}`);
}
