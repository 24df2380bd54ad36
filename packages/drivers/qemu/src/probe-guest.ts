import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { isJumpstarterError, messageOf, within } from "@jumpstarter-ts/core";
import { endOf, startService } from "@jumpstarter-ts/process";

import type { Architecture } from "./options.ts";
import { trialGuests } from "./trial-guests.ts";

export interface ProbeOptions {
  readonly arch: Architecture;
  readonly cpu: string;
  readonly accelerator: "kvm" | "tcg";
  /** A temporary directory is made in it. */
  readonly cwd: string;
}

const timeoutMs = 2_000;

/** Runs a guest of a few instructions that says a letter on its UART. Tells what was seen instead, or nothing. */
export async function probeGuest(
  program: string,
  { arch, cpu, accelerator, cwd }: ProbeOptions,
): Promise<string | undefined> {
  const guest = trialGuests[arch];
  if (guest === undefined) return `there is no trial guest for ${arch}`;
  const directory = await mkdtemp(join(cwd, "probe-"));
  const image = join(directory, "guest.bin");
  try {
    await writeFile(image, guest.image());
    const machine = ["-machine", guest.machine, "-accel", accelerator, "-cpu", cpu, "-m", "32"];
    const uart = ["-chardev", "socket,id=uart,fd=3", "-serial", "chardev:uart"];
    const argv = [program, "-nodefaults", "-display", "none", ...machine, ...uart, guest.argument, image];
    const process = await startService(argv, { cwd: directory, socketCount: 1, directory });
    try {
      const [near] = process.sockets;
      const heard = new Promise<undefined>((resolve) => near?.once("data", () => resolve(undefined)));
      const ended = process.ended.then(
        (end) => `a trial guest ended with ${endOf(end)}: ${process.said().slice(-300)}`,
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
