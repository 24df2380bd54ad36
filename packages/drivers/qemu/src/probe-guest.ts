import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { isJumpstarterError, messageOf, within } from "@jumpstarter-ts/core";

import { startGuarded } from "./guarded-process.ts";
import type { Architecture } from "./options.ts";

export interface ProbeOptions {
  readonly arch: Architecture;
  readonly cpu: string;
  readonly accelerator: "kvm" | "tcg";
  /** A temporary directory is made in it. */
  readonly cwd: string;
}

const timeoutMs = 3_000;

/** Runs a guest of a few instructions that says a letter on its UART. Tells what was seen instead, or nothing. */
export async function probeGuest(
  program: string,
  { arch, cpu, accelerator, cwd }: ProbeOptions,
): Promise<string | undefined> {
  const guest = guests[arch];
  if (guest === undefined) return `there is no trial guest for ${arch}`;
  const directory = await mkdtemp(join(cwd, "probe-"));
  const image = join(directory, "guest.bin");
  try {
    await writeFile(image, guest.image());
    const machine = ["-machine", guest.machine, "-accel", accelerator, "-cpu", cpu, "-m", "32"];
    const uart = ["-chardev", "socket,id=uart,fd=4", "-serial", "chardev:uart"];
    const argv = [program, "-nodefaults", "-display", "none", ...machine, ...uart, guest.argument, image];
    const process = await startGuarded({ argv, cwd: directory, socketCount: 1, directory });
    try {
      const [near] = process.sockets;
      const heard = new Promise<undefined>((resolve) => near?.once("data", () => resolve(undefined)));
      const ended = process.ended.then(
        ({ code, signal }) => `a trial guest ended with ${signal ?? code}: ${process.said().slice(-300)}`,
      );
      return await within(Promise.race([heard, ended]), { timeoutMs, what: "a trial guest" });
    } finally {
      await process.stop({ graceMs: 0 });
    }
  } catch (error) {
    if (isJumpstarterError(error) && error.reason === "TIMEOUT") return "a trial guest did not say a word";
    return messageOf(error);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Guest {
  readonly machine: string;
  readonly argument: "-bios" | "-kernel";
  readonly image: () => Uint8Array;
}

const guests: Readonly<Partial<Record<Architecture, Guest>>> = {
  x86_64: {
    machine: "q35",
    argument: "-bios",
    image() {
      // At the reset vector: mov dx,0x3f8; mov al,'K'; out dx,al; cli; hlt; jmp .
      const rom = Buffer.alloc(64 * 1024);
      rom.set([0xba, 0xf8, 0x03, 0xb0, 0x4b, 0xee, 0xfa, 0xf4, 0xeb, 0xfd], 0xfff0);
      return rom;
    },
  },
  aarch64: {
    machine: "virt",
    argument: "-kernel",
    // movz x1,#0x0900,lsl 16 (the PL011); movz w0,#'K'; str w0,[x1]; b .
    image: () => Buffer.from([0xd2a12001, 0x52800960, 0xb9000020, 0x14000000].flatMap(littleEndian)),
  },
};

function littleEndian(word: number): number[] {
  return [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];
}
