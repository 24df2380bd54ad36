import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { Duplex, pipeline } from "node:stream";
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from "node:zlib";

import { type ContentEncoding, JumpstarterError } from "@jumpstarter-ts/core";

import { gather } from "./gather.ts";
import { countSpent } from "./spent-buffers.ts";
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
  if (encoding === "gzip") return counted(createGunzip({ chunkSize: unpackedBytes }));
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

/** Of what a decompressor gives at once: each piece costs a round through another thread. */
const unpackedBytes = 256 * 1024;

function unpackZstd(): Duplex {
  const gathered = gather();
  const decoder = counted(createZstdDecompress({ chunkSize: unpackedBytes }));
  // Its failure destroys the decoder, so that whoever reads the pair sees it.
  pipeline(gathered, cutZstdFrames(), decoder, () => undefined);
  return Duplex.from({ writable: gathered, readable: decoder });
}

/** Its output is a new buffer each time. */
function counted<T extends Duplex>(decoder: T): T {
  const push = decoder.push.bind(decoder);
  decoder.push = (chunk: unknown, ...rest) => {
    if (chunk instanceof Uint8Array) countSpent(chunk.length);
    return push(chunk, ...rest);
  };
  return decoder;
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
