import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { JumpstarterError } from "@jumpstarter-ts/core";

import type { Machine } from "./machine.ts";
import type { QemuOptions } from "./options.ts";
import type { QmpMessage } from "./qmp-frames.ts";

/** What reads or drives the guest, and reaches neither a file nor a program of the exporter's machine. */
const safeCommands: ReadonlySet<string> = new Set([
  "stop",
  "cont",
  "system_reset",
  "system_powerdown",
  "system_wakeup",
  "inject-nmi",
  "send-key",
  "input-send-event",
  "set_link",
  "device_del",
  "qom-get",
  "qom-list",
  "qom-list-types",
  "device-list-properties",
  "balloon",
]);

/** Passes a command to QEMU. Throws `permission-denied` (`QMP_DENIED`) for one that the owner does not allow. */
export async function sendCommand(
  machine: Machine,
  command: string,
  args: QmpMessage | undefined,
  { allowed, signal }: { allowed: QemuOptions["qmp"]; signal: AbortSignal },
): Promise<unknown> {
  if (allowed === "safe" && !safeCommands.has(command) && !/^query-[a-z0-9-]+$/.test(command)) {
    throw new JumpstarterError(
      `${command} is not among the commands that a client may send to QEMU: the exporter's owner allows it by qmp: all`,
      { code: "permission-denied", reason: "QMP_DENIED" },
    );
  }
  return machine.needRunning(`QEMU's ${command}`).qmp.execute(command, args, { signal });
}

/** The screen as a PNG. */
export async function takeScreen(machine: Machine, signal: AbortSignal): Promise<Buffer> {
  const { qmp } = machine.needRunning("a picture of the screen");
  const filename = join(machine.directory, `screen-${randomUUID()}.png`);
  try {
    await qmp.execute("screendump", { filename, format: "png" }, { signal });
    return await readFile(filename);
  } finally {
    await rm(filename, { force: true });
  }
}
