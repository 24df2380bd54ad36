/**
 * Puts the files of the Linux board where an example's exporter looks for them: `node scripts/linux-board.ts DIRECTORY`.
 * They are copies: whoever copies the example takes its board along.
 */
import { chmod, copyFile, mkdir, rename } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

import { linuxBoard } from "../fixtures/boards/linux/index.ts";

const directory = resolve(process.argv[2] ?? "board");
const { kernel, initrd, disk, uboot, sshKey } = await linuxBoard();

await mkdir(directory, { recursive: true });
for (const file of [kernel, initrd, disk, uboot, sshKey]) {
  const place = join(directory, basename(file));
  // Whoever reads the old one meanwhile keeps it.
  await copyFile(file, `${place}.new`);
  if (file === sshKey) await chmod(`${place}.new`, 0o600);
  await rename(`${place}.new`, place);
}
process.stdout.write(`${directory}\n`);
