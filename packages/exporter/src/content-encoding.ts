import type { Transform } from "node:stream";
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from "node:zlib";

import { JumpstarterError } from "@jumpstarter-ts/core";

/** How the client's bytes are compressed at rest, of what this exporter can undo and do. */
export type SupportedEncoding = "gzip" | "zstd";

/** `undefined` for an encoding that the client has to deal with by itself (`xz`, `bz2`, unknown ones). */
export function supportedEncoding(name: string | null): SupportedEncoding | undefined {
  return name === "gzip" || name === "zstd" ? name : undefined;
}

export function createDecoder(encoding: SupportedEncoding): Transform {
  return encoding === "gzip" ? createGunzip() : createZstdDecompress();
}

export function createEncoder(encoding: SupportedEncoding): Transform {
  return encoding === "gzip" ? createGzip() : createZstdCompress();
}

/** The sentence for bytes that are not what the client said they are. */
export function encodingError(encoding: SupportedEncoding, cause: unknown): JumpstarterError {
  return new JumpstarterError(
    `the resource is not ${encoding}, as its client said it was: send it without an encoding`,
    {
      code: "invalid-argument",
      reason: "RESOURCE_NOT_ENCODED",
      cause,
    },
  );
}
