import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";

import {
  implement,
  serve,
  validate,
  type DriverMethods,
  type DriverScope,
  type ServedDriver,
} from "@jumpstarter-ts/core";
import { z } from "zod";

import type { Metadata, StorageBackend } from "./backend.ts";
import { createCreatedPaths } from "./created-paths.ts";
import { blockBytes } from "./file-streams.ts";
import { fsBackend } from "./fs-backend.ts";
import { httpBackend, httpOptions } from "./http-backend.ts";
import { memoryBackend } from "./memory-backend.ts";
import { createOpenFiles } from "./open-files.ts";
import { storage } from "./storage-client.ts";
import type { storageContract } from "./storage-contract.ts";
import { refuse, storageError } from "./storage-error.ts";
import { parsePath, type StoragePath } from "./storage-path.ts";
import { listEntries, removeTree } from "./tree.ts";

export const storageOptions = z.strictObject({
  /** `fs`, `http` or `memory`. */
  scheme: z.string().min(1),
  /** What the scheme needs; for `fs`: `root`. */
  kwargs: z.record(z.string(), z.string()),
  /** Removes, when the session ends, what was made in it. */
  remove_created_on_close: z.boolean().default(false),
});

const fsOptions = z.strictObject({ root: z.string().min(1) });

export const opendal = implement(storage, storageOptions, async (options, scope) => {
  const { driver } = await openStorage(options, scope);
  return driver;
});

/** A storage, and what only the exporter may do with it: for drivers that have one as their child. */
export interface OpenedStorage {
  readonly driver: ServedDriver;
  /** Copies a file of the exporter's machine, whose path is trusted, into the storage; it counts as created. */
  copyExporterFile(source: string, target: string, signal?: AbortSignal): Promise<void>;
}

export async function openStorage(
  { scheme, kwargs, remove_created_on_close }: z.infer<typeof storageOptions>,
  scope: DriverScope,
): Promise<OpenedStorage> {
  const backend = await openBackend(scheme, kwargs, scope);
  const files = createOpenFiles();
  const created = createCreatedPaths();

  if (remove_created_on_close && scheme === "http") {
    scope.log.warning(`remove_created_on_close does nothing for scheme ${scheme}, which creates nothing`);
  } else if (remove_created_on_close) {
    scope.defer(() => removeCreated(backend, created.all()), { what: "remove what was created", timeoutMs: 60_000 });
  }
  scope.defer(() => files.closeAll(), { what: "close the open files" });

  const stat = async (path: StoragePath, signal: AbortSignal): Promise<Metadata> => {
    const found = await backend.stat(path, signal);
    if (found === undefined) throw refuse(`there is no ${path.key}`, "PATH_NOT_FOUND", "not-found");
    return found;
  };

  const methods: DriverMethods<typeof storageContract> = {
    async open(given, mode, { signal }) {
      const path = parsePath(given);
      return files.open(given, mode, async () => {
        const file = await backend.open(path, mode, signal);
        if (mode === "wb") created.add(path);
        return file;
      });
    },
    file_read: (fd, target, { signal }) => files.read(fd, target, signal),
    file_write: (fd, source, { signal }) => files.write(fd, source, signal),
    file_seek: (fd, position, whence) => files.seek(fd, position, whence ?? 0),
    file_tell: (fd) => files.tell(fd),
    file_close: (fd) => files.close(fd),
    file_closed: (fd) => files.modeOf(fd) === "closed",
    file_readable: (fd) => files.modeOf(fd) === "rb",
    file_seekable: (fd) => files.modeOf(fd) === "rb",
    file_writable: (fd) => files.modeOf(fd) === "wb",
    stat: (path, { signal }) => stat(parsePath(path), signal),
    async hash(given, algorithm, { signal }) {
      const file = await backend.open(parsePath(given), "rb", signal);
      try {
        const hash = createHash(algorithm ?? "sha256");
        await pipeline(file.blocks(), hash, { signal });
        return hash.digest("hex");
      } finally {
        await file.close();
      }
    },
    async copy(source, target, { signal }) {
      const [from, to] = filePair(source, target);
      await backend.copy(from, to, signal);
      created.add(to);
    },
    async rename(source, target) {
      const [from, to] = filePair(source, target);
      await backend.rename(from, to);
      created.drop(from);
      created.add(to);
    },
    async remove_all(given) {
      const path = parsePath(given);
      await removeTree(backend, path);
      created.drop(path);
    },
    async create_dir(given) {
      const path = parsePath(given);
      if (!path.isDirectory) {
        throw refuse(`${given} does not end in a slash, as the path of a directory to make must`, "NOT_A_DIRECTORY");
      }
      await backend.createDirectory(path);
      created.add(path);
    },
    async delete(given) {
      const path = parsePath(given);
      await backend.remove(path);
      created.drop(path);
    },
    exists: async (path, { signal }) => (await backend.stat(parsePath(path), signal)) !== undefined,
    list: (path) => listEntries(backend, parsePath(path), { isRecursive: false }),
    scan: (path) => listEntries(backend, parsePath(path), { isRecursive: true }),
    presign_stat: (path) => backend.presign(parsePath(path), "stat"),
    presign_read: (path) => backend.presign(parsePath(path), "read"),
    presign_write: (path) => backend.presign(parsePath(path), "write"),
    capability: () => backend.capability,
    get_created_resources: () => [...created.all()],
    register_path: (path) => created.add(parsePath(path)),
  };

  return {
    driver: serve(storage, methods),
    async copyExporterFile(source, given, signal = scope.signal) {
      const path = parsePath(given);
      const file = await backend.open(path, "wb", signal);
      created.add(path);
      try {
        await pipeline(createReadStream(source, { highWaterMark: blockBytes }), file.writable(), { signal });
      } catch (cause) {
        throw storageError(`copying ${source} to ${given}`, cause);
      } finally {
        await file.close();
      }
    },
  };
}

async function openBackend(
  scheme: string,
  kwargs: Readonly<Record<string, string>>,
  { name, baseDirectory }: DriverScope,
): Promise<StorageBackend> {
  const what = `kwargs of ${name}`;
  switch (scheme) {
    case "fs":
      return fsBackend(resolve(baseDirectory, (await validate(fsOptions, kwargs, what)).root));
    case "http":
      return httpBackend(await validate(httpOptions, kwargs, what));
    case "memory":
      await validate(z.strictObject({}), kwargs, what);
      return memoryBackend();
    default:
      throw refuse(
        `${name} asks for a storage of scheme ${scheme}, but only fs, http and memory are supported`,
        "SCHEME_UNSUPPORTED",
        "unsupported",
      );
  }
}

function filePair(source: string, target: string): readonly [StoragePath, StoragePath] {
  const [from, to] = [parsePath(source), parsePath(target)];
  for (const [path, given] of [[from, source] as const, [to, target] as const]) {
    if (path.isDirectory)
      throw refuse(`${given} is written as a directory: leave its last slash away`, "IS_A_DIRECTORY");
  }
  if (from.key === to.key) throw refuse(`${source} and ${target} are the same file`, "SAME_FILE");
  return [from, to];
}

/** Longest first, so that what is in a directory goes before it. One that fails does not keep the others. */
async function removeCreated(backend: StorageBackend, keys: readonly string[]): Promise<void> {
  const failures: unknown[] = [];
  for (const key of keys.toReversed()) {
    await removeTree(backend, parsePath(key)).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}
