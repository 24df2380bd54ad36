import { spawnSync } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { open, rm, stat, statfs } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";

import { type Figure, median } from "../figure.ts";
import { compare, inTurns, isQuick } from "./measure.ts";
import { openPairs, pairNames } from "./pairs.ts";

const MiB = 1024 ** 2;
const totalBytes = (isQuick ? 256 : 1024) * MiB;

/** A file into a storage, out of it, and into a flasher. */
export async function benchStorage(): Promise<Figure[]> {
  const before = process.env["TMPDIR"];
  const place = await memoryDirectory();
  if (place !== undefined) process.env["TMPDIR"] = place;
  try {
    return await measure(place === undefined ? "a disk" : "memory");
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    // What Node leaves in a directory for temporary files.
    if (place !== undefined) await rm(join(place, "node-compile-cache"), { recursive: true, force: true });
  }
}

/**
 * A file system in memory, if there is one with room for all copies: what is compared is software, and the disks of shared
 * machines are at times slower than either.
 */
async function memoryDirectory(): Promise<string | undefined> {
  const directory = "/dev/shm";
  const room = await statfs(directory).catch(() => undefined);
  const wantedBytes = 8 * totalBytes;
  const isRoomy = room !== undefined && room.bavail * room.bsize > wantedBytes && freemem() > wantedBytes;
  return isRoomy ? directory : undefined;
}

async function measure(place: string): Promise<Figure[]> {
  await using pairs = await openPairs(pairNames);
  const image = join(pairs.directory, "image");
  const packed = join(pairs.directory, "image.zst");
  await writeImage(image, totalBytes);
  const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
  await pipeline(createReadStream(image, { highWaterMark: MiB }), createZstdCompress(level), createWriteStream(packed));
  const rounds = isQuick ? 1 : 2;
  const shown = [{ key: "mbPerSecond", unit: "MB/s", goal: "≥ 3" }];

  const write = await inTurns(pairs, rounds, () => ({ do: "write", path: image, totalBytes }), 1);
  const copy = (pair: string): string => join(pairs.directory, `copy-${pair.startsWith("Python") ? "python" : "ours"}`);
  const read = await inTurns(pairs, rounds, (pair) => ({ do: "read", path: copy(pair), totalBytes }), 1);
  for (const name of ["ours", "Python"]) {
    const { size } = await stat(copy(name));
    if (size !== totalBytes) throw new Error(`${name} read ${size} bytes of ${totalBytes}`);
    await rm(copy(name));
  }
  const plain = await inTurns(pairs, rounds, () => ({ do: "flash", path: image, totalBytes }), 1);
  const zstd = await inTurns(pairs, rounds, () => ({ do: "flash", path: packed, totalBytes, encoding: "zstd" }), 1);
  const copies = Array.from({ length: rounds + 1 }, () => copyWithDd(image, join(pairs.directory, "copy-dd")));
  const size = `${totalBytes / MiB} MiB in ${place}`;
  return [
    ...compare({ title: `storage write of ${size}`, shown }, write),
    ...compare({ title: `storage read of ${size}`, shown }, read),
    ...compare({ title: `flash of ${size}`, shown }, plain),
    ...compare({ title: `flash of ${size}, zstd`, shown }, zstd),
    { name: `the limit: dd of ${size} from file to file`, value: median(copies), unit: "MB/s" },
  ];
}

/** What the file system alone takes, reading and writing at once. */
function copyWithDd(from: string, to: string): number {
  const started = performance.now();
  const { status } = spawnSync("dd", [`if=${from}`, `of=${to}`, "bs=1M"]);
  if (status !== 0) throw new Error(`dd ended with ${status}`);
  return totalBytes / 1_000 / (performance.now() - started);
}

/** Like a disk image: half empty, a quarter text, a quarter that cannot be compressed. */
async function writeImage(path: string, bytes: number): Promise<void> {
  const block = Buffer.alloc(MiB);
  const text = Buffer.from("the quick brown fox jumps over the lazy dog, line after line\n");
  for (let at = MiB / 2; at < (MiB * 3) / 4; at++) block[at] = text[at % text.length] ?? 0;
  let seed = 1;
  const file = await open(path, "w");
  try {
    for (let written = 0; written < bytes; written += MiB) {
      for (let at = (MiB * 3) / 4; at < MiB; at += 4) {
        seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
        block.writeInt32LE(seed, at);
      }
      await file.write(block);
    }
  } finally {
    await file.close();
  }
}
