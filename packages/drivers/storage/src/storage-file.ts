import { Writable } from "node:stream";

import type { CallOptions, Remote, ResourceSink, ResourceSource } from "@jumpstarter-ts/core";

import type { storageContract } from "./storage-contract.ts";
import { refuse } from "./storage-error.ts";

export interface ReadBytesOptions extends CallOptions {
  /** More than this is an error (`STREAM_TOO_LONG`) and not a full memory. Default 256 MiB. */
  readonly limitBytes?: number;
}

/** A file that is open on the exporter's side. Close it, or hold it with `await using`. */
export interface StorageFile extends AsyncDisposable {
  /** Writes at the cursor, from a local file, a URL that the exporter fetches, or a stream. */
  writeFromPath(from: ResourceSource, options?: CallOptions): Promise<void>;
  /** Reads from the cursor to the end. */
  readIntoPath(to: ResourceSink, options?: CallOptions): Promise<void>;
  writeBytes(data: Uint8Array, options?: CallOptions): Promise<void>;
  readBytes(options?: ReadBytesOptions): Promise<Uint8Array>;
  /** Moves the cursor of a file that is read, and answers where it is. Whence: 0 the start, 1 the cursor, 2 the end. */
  seek(position: number, whence?: 0 | 1 | 2, options?: CallOptions): Promise<number>;
  tell(options?: CallOptions): Promise<number>;
  close(options?: CallOptions): Promise<void>;
  closed(options?: CallOptions): Promise<boolean>;
  readable(options?: CallOptions): Promise<boolean>;
  seekable(options?: CallOptions): Promise<boolean>;
  writable(options?: CallOptions): Promise<boolean>;
}

type StorageRemote = Remote<typeof storageContract>;

const closeTimeoutMs = 10_000;
const defaultLimitBytes = 256 * 1024 * 1024;

export async function openStorageFile(
  remote: StorageRemote,
  path: string,
  mode: "rb" | "wb",
  options: CallOptions = {},
): Promise<StorageFile> {
  const fd = await remote.with({ ...options, onProgress: undefined }).call("open", path, mode);
  const writeFromPath: StorageFile["writeFromPath"] = (from, options = {}) =>
    remote.with(options).call("file_write", fd, from);
  const readIntoPath: StorageFile["readIntoPath"] = (to, options = {}) =>
    remote.with(options).call("file_read", fd, to);
  return {
    writeFromPath,
    readIntoPath,
    writeBytes: writeFromPath,
    async readBytes({ limitBytes = defaultLimitBytes, ...options } = {}) {
      const chunks: Uint8Array[] = [];
      await readIntoPath(collect(chunks, limitBytes, path), options);
      return Buffer.concat(chunks);
    },
    seek: (position, whence = 0, options = {}) => remote.with(options).call("file_seek", fd, position, whence),
    tell: (options = {}) => remote.with(options).call("file_tell", fd),
    close: (options = {}) => remote.with(options).call("file_close", fd),
    closed: (options = {}) => remote.with(options).call("file_closed", fd),
    readable: (options = {}) => remote.with(options).call("file_readable", fd),
    seekable: (options = {}) => remote.with(options).call("file_seekable", fd),
    writable: (options = {}) => remote.with(options).call("file_writable", fd),
    // Whatever ended the use of the file does not end its closing.
    [Symbol.asyncDispose]: () => remote.with({ timeoutMs: closeTimeoutMs }).call("file_close", fd),
  };
}

/** Opens, works, and closes on every path. What ended the work is told before what ended the closing. */
export async function withFile<T>(
  remote: StorageRemote,
  path: string,
  mode: "rb" | "wb",
  options: CallOptions,
  work: (file: StorageFile) => Promise<T>,
): Promise<T> {
  const file = await openStorageFile(remote, path, mode, options);
  let result: T;
  try {
    result = await work(file);
  } catch (error) {
    await file.close({ timeoutMs: closeTimeoutMs }).catch(() => undefined);
    throw error;
  }
  await file.close({ timeoutMs: closeTimeoutMs });
  return result;
}

function collect(chunks: Uint8Array[], limitBytes: number, path: string): Writable {
  let length = 0;
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      length += chunk.length;
      chunks.push(chunk);
      done(
        length > limitBytes
          ? refuse(
              `${path} has more than the ${limitBytes} bytes that are allowed here: read it into a file`,
              "STREAM_TOO_LONG",
            )
          : null,
      );
    },
  });
}
