import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { createDirectory, serveMock } from "../test/flashers.ts";
import { serveStorage } from "../test/storages.ts";
import type { FlashReport, FlasherClient, StorageClient } from "./index.ts";

// #region flash
async function flashBoot(board: { readonly flasher: FlasherClient }, image: string): Promise<FlashReport> {
  const flash = board.flasher.flash(image, { target: "boot", onlyIfChanged: true, verify: "hash" });
  for await (const { phase, doneBytes, totalBytes } of flash) print(`${phase} ${doneBytes}/${totalBytes}`);
  return await flash;
}
// #endregion

// #region storage
async function readConsole(board: { readonly storage: StorageClient }): Promise<string> {
  await board.storage.writeBytes("boot/config.txt", Buffer.from("console=ttyS0\n"));
  await using file = await board.storage.open("boot/config.txt", "rb");
  await file.seek("console=".length);
  return new TextDecoder().decode(await file.readBytes());
}
// #endregion

const lines: string[] = [];
const print = (line: string): void => void lines.push(line);

it("flashes an image as the README shows it", async () => {
  await using served = await serveMock();
  await using directory = await createDirectory();
  const image = join(directory.path, "firmware.bin");
  await writeFile(image, "firmware");

  const first = await flashBoot({ flasher: served.client }, image);
  const second = await flashBoot({ flasher: served.client }, image);

  expect(first).toMatchObject({ isSkipped: false, isVerified: true });
  expect(second).toMatchObject({ isSkipped: true, sha256: first.sha256 });
  expect(lines.at(-1)).toMatch(/^done 8\//);
});

it("keeps files as the README shows it", async () => {
  await using served = await serveStorage("fs");
  expect(await readConsole({ storage: served.storage })).toBe("ttyS0\n");
});
