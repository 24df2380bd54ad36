import { createReadStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { pipeline } from "node:stream/promises";

import { JumpstarterError, serve, type DriverScope, type ServedDriver } from "@jumpstarter-ts/core";

import { qemuFlasher } from "./flasher-client.ts";
import { inflated } from "./inflate.ts";
import type { Machine } from "./machine.ts";
import { partitions, type Partition, type QemuOptions } from "./options.ts";
import type { Snapshots } from "./snapshots.ts";
import { writeSparse } from "./sparse-file.ts";

const blockBytes = 1024 ** 2;

/** Writes and reads the files that the machine starts from. */
export function qemuFlasherOf(
  machine: Machine,
  { options, scope, snapshots }: { options: QemuOptions; scope: DriverScope; snapshots: Snapshots },
): ServedDriver {
  return serve(qemuFlasher, {
    flash: (image, target, context) =>
      machine.inTurn(async () => {
        const partition = partitionOf(target);
        await assertOff(machine, `the flash of ${partition}`);
        const time = AbortSignal.timeout(options.flash_timeout * 1_000);
        const signal = AbortSignal.any([context.signal, scope.signal, time]);
        const path = machine.disks.flashPath(partition);
        const unfinished = `${path}.part`;
        try {
          // A generator waits for the next bytes whatever the pipeline's signal says.
          addAbortSignal(signal, image);
          await pipeline(inflated(image, signal), (chunks) => writeSparse(unfinished, chunks), { signal });
          await machine.disks.assertFlashable(partition, unfinished, signal);
          await rename(unfinished, path);
        } catch (error) {
          if (time.aborted) throw tooSlow(partition, options.flash_timeout);
          if (isFull(error)) throw tooLarge(partition, machine.directory, error);
          throw error;
        } finally {
          await rm(unfinished, { force: true });
        }
        snapshots.forget();
        await machine.disks.flashed(partition);
      }),
    dump: (target, given, context) =>
      machine.inTurn(async () => {
        const partition = partitionOf(given);
        if (partition === "root" || partition === "OVMF_VARS.fd") await assertOff(machine, `the dump of ${partition}`);
        const signal = AbortSignal.any([context.signal, scope.signal]);
        const { path, isCopy } = await machine.disks.content(partition, signal);
        try {
          await pipeline(createReadStream(path, { highWaterMark: blockBytes }), target, { signal });
        } finally {
          if (isCopy) await rm(path, { force: true });
        }
      }),
    // eslint-disable-next-line require-yield -- It has nothing to say but that it cannot.
    async *flash_oci(url) {
      throw new JumpstarterError(
        `${scope.name} cannot fetch ${url} from a registry: pull the image where the test runs, and flash its file`,
        { code: "unsupported", reason: "FLASH_OCI_UNSUPPORTED" },
      );
    },
  });
}

function partitionOf(name: string | null | undefined): Partition {
  const found = partitions.find((each) => each === (name ?? "root"));
  if (found !== undefined) return found;
  throw new JumpstarterError(`a virtual machine has no partition ${name}: flash one of ${partitions.join(", ")}`, {
    code: "invalid-argument",
    reason: "PARTITION_UNKNOWN",
  });
}

async function assertOff(machine: Machine, what: string): Promise<void> {
  if ((await machine.alive()) === undefined) return;
  throw new JumpstarterError(`${what} needs a machine that is off: switch the power off first`, {
    code: "failed-precondition",
    reason: "QEMU_ON",
  });
}

function tooSlow(partition: Partition, seconds: number): JumpstarterError {
  return new JumpstarterError(
    `the flash of ${partition} was not done within flash_timeout, which is ${seconds} s, and was given up`,
    { code: "deadline-exceeded", reason: "FLASH_TIMEOUT" },
  );
}

function isFull(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOSPC";
}

function tooLarge(partition: Partition, directory: string, cause: unknown): JumpstarterError {
  return new JumpstarterError(
    `the flash of ${partition} did not fit: ${directory} on the exporter's machine is full; make room there, or give the exporter a TMPDIR that has it`,
    { code: "unavailable", reason: "STORAGE_FULL", cause },
  );
}
