import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Duplex } from "node:stream";
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from "node:zlib";

import { JumpstarterError, type ContentEncoding } from "@jumpstarter-ts/core";

import { throughProgram } from "./program-stream.ts";

/** Node has no xz and no bzip2; nearly every system has the programs. */
const programs = { xz: "xz", bz2: "bzip2" } as const;

/** `undefined` for an encoding that the client has to deal with by itself. `path` is where programs are looked for. */
export function supportedEncoding(
  name: string | null,
  { path = process.env["PATH"] ?? "" }: { readonly path?: string } = {},
): ContentEncoding | undefined {
  switch (name) {
    case null:
      return undefined;
    case "gzip":
    case "zstd":
      return name;
    case "xz":
    case "bz2":
      return path.split(delimiter).some((directory) => isProgram(join(directory, programs[name]))) ? name : undefined;
    default:
      return undefined;
  }
}

export function createDecoder(encoding: ContentEncoding): Duplex {
  if (encoding === "gzip") return createGunzip();
  return encoding === "zstd" ? createZstdDecompress() : throughProgram(programs[encoding], ["-dc"]);
}

export function createEncoder(encoding: ContentEncoding): Duplex {
  if (encoding === "gzip") return createGzip();
  return encoding === "zstd" ? createZstdCompress() : throughProgram(programs[encoding], ["-zc"]);
}

/** The sentence for bytes that are not what the client said they are. */
export function encodingError(encoding: ContentEncoding, cause: unknown): JumpstarterError {
  return new JumpstarterError(
    `the resource is not ${encoding}, as its client said it was: send it whole, or without an encoding`,
    { code: "invalid-argument", reason: "RESOURCE_NOT_ENCODED", cause },
  );
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
