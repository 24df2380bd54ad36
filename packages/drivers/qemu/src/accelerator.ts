import { constants } from "node:fs";
import { access } from "node:fs/promises";

import { JumpstarterError, type Logger } from "@jumpstarter-ts/core";

import { hostArchitecture, type QemuOptions } from "./options.ts";
import { probeGuest } from "./probe-guest.ts";

export type Accelerator = "kvm" | "tcg";

interface Choosing {
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** What was found, for as long as this process lives: neither the kernel nor QEMU changes under it. */
const found = new Map<string, Promise<string | undefined>>();

/**
 * KVM where a guest has really run under it, else TCG: a device file that opens says little, above all within another
 * virtual machine. Throws `failed-precondition` (`QEMU_KVM_UNUSABLE`) where KVM is asked for and does not work.
 */
export async function chooseAccelerator(
  program: string,
  options: QemuOptions,
  { cwd, signal, log }: Choosing,
): Promise<Accelerator> {
  const { accel, arch } = options;
  if (accel === "tcg" || (accel === "auto" && arch !== hostArchitecture())) return "tcg";
  const cpu = options.cpu ?? "host";
  const key = JSON.stringify([program, arch, cpu]);
  let obstacle = found.get(key);
  if (obstacle === undefined) {
    obstacle = obstacleOf(program, { arch, cpu, cwd });
    found.set(key, obstacle);
    // A full disk, say, tells nothing of KVM.
    obstacle.catch(() => found.delete(key));
  }
  signal.throwIfAborted();
  const seen = await obstacle;
  if (seen === undefined) return "kvm";
  if (accel === "kvm") {
    throw new JumpstarterError(`KVM does not work on the exporter's machine: ${seen}; use accel: auto or tcg`, {
      code: "failed-precondition",
      reason: "QEMU_KVM_UNUSABLE",
    });
  }
  log.info(`no KVM, the machine is emulated: ${seen}`);
  return "tcg";
}

async function obstacleOf(
  program: string,
  { arch, cpu, cwd }: { arch: QemuOptions["arch"]; cpu: string; cwd: string },
): Promise<string | undefined> {
  if (arch !== hostArchitecture()) return `it cannot run ${arch} on ${hostArchitecture()}`;
  try {
    await access("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch {
    return "/dev/kvm is missing, or not for the exporter's user";
  }
  return probeGuest(program, { arch, cpu, accelerator: "kvm", cwd });
}
