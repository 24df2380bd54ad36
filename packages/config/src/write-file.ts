import { randomBytes } from "node:crypto";
import { mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { JumpstarterError, messageOf } from "@jumpstarter-ts/core";

/**
 * Writes a file whole or not at all, for its owner's eyes only: a new file of mode 0600 beside it takes its place once it
 * is on the disk. A symbolic link stays one.
 */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  try {
    const target = await realpath(file).catch(() => file);
    const directory = dirname(target);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const temporary = join(directory, `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
    try {
      await writeThrough(temporary, text);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncDirectory(directory);
  } catch (cause) {
    throw new JumpstarterError(
      `${file} cannot be written (${messageOf(cause)}): check the permissions of its directory`,
      { code: "permission-denied", reason: "CONFIG_UNWRITABLE", cause },
    );
  }
}

async function writeThrough(path: string, text: string): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** So that the new name survives a power cut; some file systems cannot, and have nothing to lose by it. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync().catch(() => undefined);
  } finally {
    await handle.close();
  }
}
