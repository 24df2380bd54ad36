import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline as connect, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

import { abortedError, isJumpstarterError, messageOf } from "@jumpstarter-ts/core";

import { bundleError } from "./bundle-error.ts";
import { pathInBundle } from "./bundle-path.ts";
import { readTar } from "./tar-entries.ts";

/** The most that a bundle may hold, unpacked. */
export const largestBundleBytes = 4 * 1024 ** 3;
const mostEntries = 10_000;

export interface UnpackOptions {
  readonly into: string;
  /** For errors. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly limitBytes?: number;
}

/** Unpacks a tar file, gzipped or not, into a directory. Nothing gets out of it. */
export async function unpackTar(
  file: string,
  { into, what, signal, limitBytes = largestBundleBytes }: UnpackOptions,
): Promise<void> {
  const raw = createReadStream(file, { signal });
  // Whoever reads is told of a failure.
  const unzipped = (await startsGzipped(file)) ? connect(raw, createGunzip(), () => undefined) : raw;
  let left = limitBytes;
  try {
    const tar = readTar(unzipped, what);
    for (let count = 1; ; count++) {
      const entry = await tar.next();
      if (entry === undefined) return;
      left -= entry.size;
      if (left < 0 || count > mostEntries) {
        const most = `${limitBytes} bytes in ${mostEntries} files`;
        throw bundleError("FLASHER_BUNDLE_TOO_LARGE", `${what} is larger than a bundle may be: ${most}`);
      }
      // How tar names the directory that was packed.
      if (/^(\.\/?)+$/.test(entry.path)) continue;
      const path = pathInBundle(into, entry.path, what);
      await mkdir(entry.kind === "directory" ? path : dirname(path), { recursive: true });
      if (entry.kind === "file") await pipeline(Readable.from(tar.content()), createWriteStream(path), { signal });
    }
  } catch (cause) {
    if (signal.aborted) throw abortedError(`unpacking ${what}`, signal.reason);
    if (isJumpstarterError(cause)) throw cause;
    throw bundleError("FLASHER_BUNDLE_INVALID", `${what} cannot be unpacked: ${messageOf(cause)}`, cause);
  } finally {
    unzipped.destroy();
    raw.destroy();
  }
}

async function startsGzipped(file: string): Promise<boolean> {
  const chunks: Buffer[] = [];
  // Without an encoding a file's stream gives buffers.
  for await (const chunk of createReadStream(file, { start: 0, end: 1 }) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("hex") === "1f8b";
}
