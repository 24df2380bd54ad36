import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";

import { JumpstarterError, type Logger } from "@jumpstarter-ts/core";

import {
  assertComplete,
  convertImage,
  createEmptyImage,
  createOverlay,
  growImage,
  imageInfo,
  type ImageInfo,
  type ImageTool,
} from "./disk-image.ts";
import type { Partition, QemuOptions } from "./options.ts";

/** The files that a machine is started from. */
export interface MachineFiles {
  readonly bios: string | undefined;
  readonly kernel: string | undefined;
  readonly initrd: string | undefined;
  readonly firmware: { readonly code: string; readonly variables: string } | undefined;
  /** A qcow2 image that may be written. */
  readonly root: string | undefined;
}

/** What was flashed and what the owner gave, and the copies that a machine may write. All of it ends with the session. */
export interface Disks {
  /** Where to write what is flashed; the machine has it after `flashed`. */
  flashPath(partition: Partition): string;
  /** Throws for a file that must not become the partition. */
  assertFlashable(partition: Partition, file: string, signal: AbortSignal): Promise<void>;
  /** Forgets what was made of the partition before. */
  flashed(partition: Partition): Promise<void>;
  /** Makes what a machine needs; a disk is grown to `diskBytes`. */
  prepare(diskBytes: number | undefined, signal: AbortSignal): Promise<MachineFiles>;
  /** A file with the partition's content as of now, and whether it has to be removed after use. */
  content(partition: Partition, signal: AbortSignal): Promise<{ readonly path: string; readonly isCopy: boolean }>;
  /** An image that holds the memory of snapshots. */
  stateImage(signal: AbortSignal): Promise<string>;
}

type Writable = "root" | "OVMF_VARS.fd";

export function createDisks(
  options: QemuOptions,
  { directory, baseDirectory, log }: { directory: string; baseDirectory: string; log: Logger },
): Disks {
  const state = join(directory, "state.qcow2");
  const given: Readonly<Partial<Record<Partition, string>>> = {
    ...(options.kernel === undefined ? {} : { kernel: options.kernel }),
    ...(options.initrd === undefined ? {} : { initrd: options.initrd }),
    ...options.default_partitions,
  };
  const tool = (signal: AbortSignal): ImageTool => ({ cwd: directory, log, signal });
  const flashPath = (partition: Partition): string => join(directory, partition);
  const overlayPath = (partition: Writable): string => join(directory, `${partition}.qcow2`);

  const source = (partition: Partition): string | undefined => {
    const flashed = flashPath(partition);
    if (existsSync(flashed)) return flashed;
    const path = given[partition];
    if (path === undefined) return undefined;
    const absolute = resolve(baseDirectory, path);
    if (existsSync(absolute)) return absolute;
    throw new JumpstarterError(`there is no ${absolute}, which the configuration names as ${partition}`, {
      code: "failed-precondition",
      reason: "QEMU_FILE_MISSING",
    });
  };
  const overlay = async (partition: Writable, base: string, signal: AbortSignal): Promise<string> => {
    const path = overlayPath(partition);
    if (existsSync(path)) return path;
    // A firmware's variables are never anything else, whatever their first bytes look like.
    const raw: ImageInfo = { format: "raw", virtualBytes: 0 };
    const info = partition === "root" ? await imageInfo(base, tool(signal)) : raw;
    await whole(path, (part) => createOverlay(part, base, info, tool(signal)));
    return path;
  };

  return {
    flashPath,
    async assertFlashable(partition, file, signal) {
      if (partition === "root") await assertComplete(file, tool(signal));
    },
    async flashed(partition) {
      if (partition !== "root" && partition !== "OVMF_VARS.fd") return;
      await rm(overlayPath(partition), { force: true });
      // Their snapshots went with the disk.
      await rm(state, { force: true });
    },
    async prepare(diskBytes, signal) {
      const root = source("root");
      const code = source("OVMF_CODE.fd");
      const variables = source("OVMF_VARS.fd");
      const files = {
        bios: source("bios"),
        kernel: source("kernel"),
        initrd: source("initrd"),
        firmware:
          code === undefined || variables === undefined
            ? undefined
            : { code, variables: await overlay("OVMF_VARS.fd", variables, signal) },
        root: root === undefined ? undefined : await overlay("root", root, signal),
      };
      if (files.root !== undefined && diskBytes !== undefined) await growImage(files.root, diskBytes, tool(signal));
      return files;
    },
    async content(partition, signal) {
      const path = source(partition);
      if (path === undefined) {
        throw new JumpstarterError(`the machine has no ${partition}: flash one, or name it in default_partitions`, {
          code: "not-found",
          reason: "PARTITION_EMPTY",
        });
      }
      const isWritable = partition === "root" || partition === "OVMF_VARS.fd";
      if (!isWritable || !existsSync(overlayPath(partition))) return { path, isCopy: false };
      // In the format in which it was given, so that it can be flashed and compared.
      const format = partition === "root" ? (await imageInfo(path, tool(signal))).format : "raw";
      const copy = join(directory, `${partition}.dump`);
      await whole(copy, (part) => convertImage(overlayPath(partition), part, format, tool(signal)));
      return { path: copy, isCopy: true };
    },
    async stateImage(signal) {
      if (!existsSync(state)) await whole(state, (part) => createEmptyImage(part, tool(signal)));
      return state;
    },
  };
}

/** Makes a file that has its name only when it is done, and of which nothing stays where that fails. */
async function whole(path: string, make: (part: string) => Promise<void>): Promise<void> {
  const part = `${path}.part`;
  try {
    await make(part);
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}
