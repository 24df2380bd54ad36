/** The machine that this package's tests start: QEMU's `virt` board with Debian's U-Boot, which needs no kernel. */
import { existsSync } from "node:fs";

import { serveDriver, type ServeDriverOptions } from "@jumpstarter-ts/testkit";

import { qemu } from "../src/client.ts";
import { virtualMachine } from "../src/driver.ts";

export const bios = "/usr/lib/u-boot/qemu_arm64/u-boot.bin";
export const emulator = "/usr/bin/qemu-system-aarch64";

/** CI has all of it; elsewhere what is missing skips the tests that need it. */
export const isMissing =
  process.env["CI"] !== "true" && ![bios, emulator, "/usr/bin/qemu-img"].every((path) => existsSync(path));

export type Options = Readonly<Record<string, unknown>>;

/** A board, off, whose console is recorded. */
export function openBoard(
  options: Options = {},
  more: Pick<ServeDriverOptions<typeof qemu>, "baseDirectory" | "log"> = {},
) {
  const board = { arch: "aarch64", cpu: "cortex-a53", smp: 1, mem: "256M", default_partitions: { bios } };
  return serveDriver(virtualMachine, {
    definition: qemu,
    options: { ...board, ...options },
    recordConsoles: true,
    ...more,
  });
}

export type Board = Awaited<ReturnType<typeof openBoard>>["client"];

/** Long enough for a machine whose processors have other work. */
export const patience = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(30_000) });

/** Switches a board on and stops it at U-Boot's prompt. */
export async function bootToPrompt({ power, console }: Board): Promise<void> {
  await power.on();
  await console.waitFor("Hit any key", patience());
  await console.send("\n");
  await console.waitFor("=> ", patience());
}

/** What U-Boot answers to a command. */
export async function run({ console }: Board, command: string): Promise<string> {
  await console.send(`${command}\n`);
  await console.waitFor(`${command}\r\n`, patience());
  const { text } = await console.waitFor(/(.*?)=> $/s, patience());
  return text.replace(/\r\n=> $|=> $/, "").trim();
}
