import type { Writable } from "node:stream";

import type { z } from "zod";

import type { Capability } from "./capability.ts";
import type { metadataSchema, presignedSchema } from "./storage-contract.ts";
import type { StoragePath } from "./storage-path.ts";

export type Metadata = z.infer<typeof metadataSchema>;
export type Presigned = z.infer<typeof presignedSchema>;
export type OpenMode = "rb" | "wb";

/** What holds the bytes of a storage. Its paths are checked; it never leaves its root, whatever links lie there. */
export interface StorageBackend {
  readonly scheme: string;
  readonly capability: Capability;
  /** Undefined where there is nothing. */
  stat(path: StoragePath, signal: AbortSignal): Promise<Metadata | undefined>;
  open(path: StoragePath, mode: OpenMode, signal: AbortSignal): Promise<BackendFile>;
  /** The entries of a directory; undefined where there is none. */
  children(path: StoragePath): Promise<readonly BackendEntry[] | undefined>;
  createDirectory(path: StoragePath): Promise<void>;
  /** Removes one entry: a file, a link, an empty directory. Nothing there is no error. */
  remove(path: StoragePath): Promise<void>;
  rename(source: StoragePath, target: StoragePath): Promise<void>;
  copy(source: StoragePath, target: StoragePath, signal: AbortSignal): Promise<void>;
  presign(path: StoragePath, operation: "stat" | "read" | "write"): Presigned;
}

export interface BackendEntry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** An open file. Its streams start at the cursor and move it. */
export interface BackendFile {
  position: number;
  length(): Promise<number>;
  /** From the cursor to the end, in blocks that each count until the next is asked for. */
  blocks(): AsyncIterable<Uint8Array>;
  writable(): Writable;
  close(): Promise<void>;
}

export function metadataOf(kind: "file" | "directory" | "other", lengthBytes: number): Metadata {
  return {
    content_disposition: null,
    content_length: lengthBytes,
    content_md5: null,
    content_type: null,
    etag: null,
    mode: { entry_is_file: kind === "file", entry_is_dir: kind === "directory" },
  };
}
