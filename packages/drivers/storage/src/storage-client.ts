import {
  defineDriver,
  type CallOptions,
  type Remote,
  type ResourceSink,
  type ResourceSource,
} from "@jumpstarter-ts/core";
import type { z } from "zod";

import type { Capability } from "./capability.ts";
import { dumpInto, type DumpOptions, type DumpReport } from "./dump.ts";
import { flashImage, type FlashDevice, type FlashOptions, type FlashReport } from "./flash.ts";
import type { FlashProgress } from "./flash-progress.ts";
import { startOperation, type Operation } from "./operation.ts";
import { openStorageFile, withFile, type ReadBytesOptions, type StorageFile } from "./storage-file.ts";
import {
  storageContract,
  type hashAlgorithmSchema,
  type metadataSchema,
  type presignedSchema,
} from "./storage-contract.ts";

export type HashAlgorithm = z.infer<typeof hashAlgorithmSchema>;
export type PresignedRequest = z.infer<typeof presignedSchema>;

export interface EntryMetadata {
  readonly kind: "file" | "directory" | "other";
  readonly contentLength: number;
  readonly contentType: string | undefined;
  readonly contentMd5: string | undefined;
  readonly contentDisposition: string | undefined;
  readonly etag: string | undefined;
}

/** A storage on the exporter's side. Paths start from its root and use `/`. */
export interface StorageClient {
  open(path: string, mode: "rb" | "wb", options?: CallOptions): Promise<StorageFile>;
  writeBytes(path: string, data: Uint8Array, options?: CallOptions): Promise<void>;
  readBytes(path: string, options?: ReadBytesOptions): Promise<Uint8Array>;
  /** Writes a file from a local one, from a URL that the exporter fetches, or from a stream. */
  writeFromPath(path: string, from: ResourceSource, options?: FlashOptions): Operation<FlashReport, FlashProgress>;
  readIntoPath(path: string, to: ResourceSink, options?: DumpOptions): Operation<DumpReport, FlashProgress>;
  stat(path: string, options?: CallOptions): Promise<EntryMetadata>;
  /** Hexadecimal; computed where the file is. Default sha256. */
  hash(path: string, options?: CallOptions & { readonly algorithm?: HashAlgorithm }): Promise<string>;
  copy(source: string, target: string, options?: CallOptions): Promise<void>;
  rename(source: string, target: string, options?: CallOptions): Promise<void>;
  /** Removes an entry with all that is in it. */
  removeAll(path: string, options?: CallOptions): Promise<void>;
  /** Makes a directory and those above it; the path ends in `/`. */
  createDir(path: string, options?: CallOptions): Promise<void>;
  /** Removes a file or an empty directory; nothing there is no error. */
  delete(path: string, options?: CallOptions): Promise<void>;
  exists(path: string, options?: CallOptions): Promise<boolean>;
  /** Of `boot/`: itself and what is in it, directories with a slash at their end, in no order. */
  list(path: string, options?: CallOptions): AsyncIterable<string>;
  /** As `list`, and all below. */
  scan(path: string, options?: CallOptions): AsyncIterable<string>;
  presignStat(path: string, options: PresignOptions): Promise<PresignedRequest>;
  presignRead(path: string, options: PresignOptions): Promise<PresignedRequest>;
  presignWrite(path: string, options: PresignOptions): Promise<PresignedRequest>;
  capability(options?: CallOptions): Promise<Capability>;
  /** What was made in this session. */
  getCreatedResources(options?: CallOptions): Promise<readonly string[]>;
  /** Counts a path as made in this session. */
  registerPath(path: string, options?: CallOptions): Promise<void>;
}

export interface PresignOptions extends CallOptions {
  readonly expireSeconds: number;
}

export const storage = defineDriver({ contract: storageContract, client: storageClient });

function storageClient(remote: Remote<typeof storageContract>): StorageClient {
  const open: StorageClient["open"] = (path, mode, options) => openStorageFile(remote, path, mode, options);
  const hash: StorageClient["hash"] = (path, { algorithm = "sha256", ...options } = {}) =>
    remote.with(options).call("hash", path, algorithm);

  const device = (path: string): FlashDevice => ({
    what: `${path} on ${remote.path}`,
    attached: (_signal, work) => work(),
    write: (from, options) => withFile(remote, path, "wb", options, (file) => file.writeFromPath(from, options)),
    readBack: (_lengthBytes, { signal }) => hash(path, { signal }),
    held: async (signal) => ((await remote.with({ signal }).call("exists", path)) ? hash(path, { signal }) : undefined),
    remember: () => undefined,
  });

  return {
    open,
    writeBytes: (path, data, options = {}) =>
      withFile(remote, path, "wb", options, (file) => file.writeBytes(data, options)),
    readBytes: (path, options = {}) => withFile(remote, path, "rb", options, (file) => file.readBytes(options)),
    writeFromPath: (path, from, options = {}) =>
      startOperation((context) => flashImage(device(path), from, options, context), {
        signal: options.signal,
        what: `the write of ${path} on ${remote.path}`,
      }),
    readIntoPath: (path, to, options = {}) =>
      startOperation(
        (context) =>
          dumpInto(
            to,
            (sink, limits) => withFile(remote, path, "rb", limits, (file) => file.readIntoPath(sink, limits)),
            { ...options, what: `${path} on ${remote.path}` },
            context,
          ),
        { signal: options.signal, what: `the read of ${path} on ${remote.path}` },
      ),
    stat: async (path, options = {}) => entryMetadata(await remote.with(options).call("stat", path)),
    hash,
    copy: (source, target, options = {}) => remote.with(options).call("copy", source, target),
    rename: (source, target, options = {}) => remote.with(options).call("rename", source, target),
    removeAll: (path, options = {}) => remote.with(options).call("remove_all", path),
    createDir: (path, options = {}) => remote.with(options).call("create_dir", path),
    delete: (path, options = {}) => remote.with(options).call("delete", path),
    exists: (path, options = {}) => remote.with(options).call("exists", path),
    list: (path, options = {}) => remote.with(options).stream("list", path),
    scan: (path, options = {}) => remote.with(options).stream("scan", path),
    presignStat: (path, { expireSeconds, ...options }) =>
      remote.with(options).call("presign_stat", path, expireSeconds),
    presignRead: (path, { expireSeconds, ...options }) =>
      remote.with(options).call("presign_read", path, expireSeconds),
    presignWrite: (path, { expireSeconds, ...options }) =>
      remote.with(options).call("presign_write", path, expireSeconds),
    capability: (options = {}) => remote.with(options).call("capability"),
    getCreatedResources: (options = {}) => remote.with(options).call("get_created_resources"),
    registerPath: (path, options = {}) => remote.with(options).call("register_path", path),
  };
}

function entryMetadata(found: z.infer<typeof metadataSchema>): EntryMetadata {
  const { entry_is_file: isFile, entry_is_dir: isDirectory } = found.mode;
  return {
    kind: isFile ? "file" : isDirectory ? "directory" : "other",
    contentLength: found.content_length,
    contentType: found.content_type ?? undefined,
    contentMd5: found.content_md5 ?? undefined,
    contentDisposition: found.content_disposition ?? undefined,
    etag: found.etag ?? undefined,
  };
}
