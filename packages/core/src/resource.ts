import type { Writable } from "node:stream";

/** How the caller's bytes are compressed at rest; the exporter decompresses what it reads and compresses what it writes. */
export type ContentEncoding = "gzip" | "xz" | "bz2" | "zstd";

/** Bytes for a driver to read: a local path, an `http(s)://` URL that the exporter fetches by itself, or the bytes. */
export type ResourceSource =
  | string
  | URL
  | Uint8Array
  | AsyncIterable<Uint8Array>
  | { readonly from: string | URL | Uint8Array | AsyncIterable<Uint8Array>; readonly encoding: ContentEncoding };

/** A place for bytes that a driver writes: a local path, or a stream. */
export type ResourceSink = string | Writable | { readonly to: string | Writable; readonly encoding: ContentEncoding };

/** How far a transfer is. */
export interface Progress {
  readonly doneBytes: number;
  /** Absent where the length is not known beforehand. */
  readonly totalBytes?: number;
}
