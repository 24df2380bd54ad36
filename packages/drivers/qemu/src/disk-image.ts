import { statfs } from "node:fs/promises";
import { dirname } from "node:path";

import { JumpstarterError, type Logger } from "@jumpstarter-ts/core";
import { runCommand } from "@jumpstarter-ts/process";
import { z } from "zod";

/** What one run of `qemu-img` needs. */
export interface ImageTool {
  readonly cwd: string;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

export interface ImageInfo {
  readonly format: string;
  readonly virtualBytes: number;
}

const info = z.object({
  format: z.string(),
  "virtual-size": z.number(),
  "backing-filename": z.string().optional(),
  "format-specific": z
    .object({
      data: z.object({
        "data-file": z.string().optional(),
        extents: z.array(z.object({ filename: z.string() })).optional(),
      }),
    })
    .optional(),
});

/** Copying a large disk takes as long as it takes. */
const timeoutMs = 30 * 60_000;

function qemuImg(args: readonly string[], { cwd, log, signal }: ImageTool): Promise<string> {
  return runCommand(["qemu-img", ...args], {
    cwd,
    log: { ...log, info: log.debug },
    signal,
    timeoutMs,
    reasonPrefix: "QEMU_IMG",
    debianPackage: "qemu-utils",
  });
}

/** What an image is. Throws `invalid-argument` (`QEMU_IMAGE_INVALID`) for a format that is no disk's. */
export async function imageInfo(path: string, tool: ImageTool): Promise<ImageInfo> {
  const { format, "virtual-size": virtualBytes } = await describe(path, tool);
  if (["raw", "qcow2", "qcow", "vmdk"].includes(format)) return { format, virtualBytes };
  throw invalid(`${path} is an image of the kind ${format}: give raw, qcow2, qcow or vmdk`);
}

/**
 * Refuses an image that has a part of its content in another file: whoever sends an image must not name the files of the
 * exporter's machine. The other file is not opened for this.
 */
export async function assertComplete(path: string, tool: ImageTool): Promise<void> {
  const { "backing-filename": backing, "format-specific": specific } = await describe(path, tool);
  const { "data-file": data, extents = [] } = specific?.data ?? {};
  const other = backing ?? data ?? extents.map(({ filename }) => filename).find((each) => each !== path);
  if (other === undefined) return;
  throw invalid(
    `the image keeps a part of its content in ${other}, a file of its own: flash what qemu-img convert makes of it`,
  );
}

async function describe(path: string, tool: ImageTool): Promise<z.infer<typeof info>> {
  return info.parse(JSON.parse(await qemuImg(["info", "--output=json", path], tool)));
}

function invalid(message: string): JumpstarterError {
  return new JumpstarterError(message, { code: "invalid-argument", reason: "QEMU_IMAGE_INVALID" });
}

/** A new image that holds only what will differ from `base`. */
export async function createOverlay(path: string, base: string, { format }: ImageInfo, tool: ImageTool): Promise<void> {
  await qemuImg(["create", "-q", "-f", "qcow2", "-b", base, "-F", format, path], tool);
}

export async function createEmptyImage(path: string, tool: ImageTool): Promise<void> {
  await qemuImg(["create", "-q", "-f", "qcow2", path, "1M"], tool);
}

/** What a guest sees of `path`, in another format. */
export async function convertImage(path: string, to: string, format: string, tool: ImageTool): Promise<void> {
  await qemuImg(["convert", "-O", format, path, to], tool);
}

/** Grows an image; throws where it would have to shrink, or where the host's disk could not hold it. */
export async function growImage(path: string, bytes: number, tool: ImageTool): Promise<void> {
  const { virtualBytes } = await imageInfo(path, tool);
  if (bytes === virtualBytes) return;
  if (bytes < virtualBytes) {
    throw refused(`the disk has ${virtualBytes} bytes and cannot shrink to ${bytes}: flash it anew, or ask for more`);
  }
  const { bavail, bsize } = await statfs(dirname(path));
  if (bytes > bavail * bsize) {
    throw refused(`a disk of ${bytes} bytes does not fit: ${dirname(path)} has ${bavail * bsize} bytes left`);
  }
  await qemuImg(["resize", "-q", path, String(bytes)], tool);
}

function refused(message: string): JumpstarterError {
  return new JumpstarterError(message, { code: "failed-precondition", reason: "QEMU_DISK_SIZE" });
}
