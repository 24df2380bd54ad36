import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { Duplex, pipeline } from "node:stream";
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from "node:zlib";

import { type ContentEncoding, JumpstarterError } from "@jumpstarter-ts/core";

import { unpackBzip2 } from "./unpack-bzip2.ts";
import { unpackXz } from "./unpack-xz.ts";
import { throughProgram } from "./program-stream.ts";
import { cutZstdFrames } from "./zstd-frames.ts";

export interface CodecOptions {
  /** Where programs are looked for. Default: PATH. */
  readonly path?: string | undefined;
}

/** Node has no xz and no bzip2; nearly every system has the programs, which are faster than what packages offer. */
const programs = { xz: "xz", bz2: "bzip2" } as const;

/** Everything that an encoding is known for here can be undone; this is whether it can be done as well. */
export function canEncode(encoding: ContentEncoding, { path }: CodecOptions = {}): boolean {
  return encoding === "gzip" || encoding === "zstd" || hasProgram(programs[encoding], path);
}

/** The encoding of that name; undefined for one that is not known here. */
export function contentEncodingOf(name: string | null): ContentEncoding | undefined {
  return name === "gzip" || name === "zstd" || name === "xz" || name === "bz2" ? name : undefined;
}

/** Compressed bytes go in, plain ones come out. Fails on what is not encoded so, and on what lacks its end. */
export function createDecoder(encoding: ContentEncoding, { path }: CodecOptions = {}): Duplex {
  if (encoding === "gzip") return createGunzip();
  if (encoding === "zstd") return unpackZstd();
  if (hasProgram(programs[encoding], path)) return throughProgram(programs[encoding], ["-dc"]);
  return Duplex.from(encoding === "xz" ? unpackXz : unpackBzip2);
}

/** Plain bytes go in, compressed ones come out. Throws `unsupported` (`ENCODING_UNSUPPORTED`) without the program. */
export function createEncoder(encoding: ContentEncoding, { path }: CodecOptions = {}): Duplex {
  if (encoding === "gzip") return createGzip();
  if (encoding === "zstd") return createZstdCompress();
  const program = programs[encoding];
  if (hasProgram(program, path)) return throughProgram(program, ["-zc"]);
  throw new JumpstarterError(
    `nothing can be compressed as ${encoding} here: install the program ${program}, or ask for gzip, zstd or plain bytes`,
    { code: "unsupported", reason: "ENCODING_UNSUPPORTED" },
  );
}

function unpackZstd(): Duplex {
  const cutter = cutZstdFrames();
  const decoder = createZstdDecompress({ chunkSize: 128 * 1024 });
  // Its failure destroys the decoder, so that whoever reads the pair sees it.
  pipeline(cutter, decoder, () => undefined);
  return Duplex.from({ writable: cutter, readable: decoder });
}

function hasProgram(program: string, path = process.env["PATH"] ?? ""): boolean {
  return path.split(delimiter).some((directory) => directory !== "" && isProgram(join(directory, program)));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
