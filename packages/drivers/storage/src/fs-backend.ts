import { constants } from "node:fs";
import { mkdir, readdir, rename, rmdir, unlink, type FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

import { metadataOf, type BackendEntry, type BackendFile, type StorageBackend } from "./backend.ts";
import { beneath, openFile, statIfThere } from "./beneath.ts";
import { capabilityWith } from "./capability.ts";
import { blocksFromCursor, positionalFile, readFromCursor, writeAtCursor } from "./file-streams.ts";
import { absent, refuse, storageError, systemCode } from "./storage-error.ts";
import type { StoragePath } from "./storage-path.ts";

const write = constants.O_WRONLY | constants.O_CREAT;

/** A directory of the exporter's machine. It is made where it is missing. */
export async function fsBackend(
  root: string,
  { platform }: { readonly platform?: NodeJS.Platform } = {},
): Promise<StorageBackend> {
  try {
    await mkdir(root, { recursive: true });
  } catch (cause) {
    throw rootError(root, cause);
  }
  const find = beneath(root, platform);

  return {
    scheme: "fs",
    capability: capabilityWith([
      "stat",
      "read",
      "write",
      "write_can_multi",
      "write_can_empty",
      "create_dir",
      "delete",
      "copy",
      "rename",
      "list",
      "list_with_recursive",
      "shared",
    ]),
    stat: (path) =>
      attempt(`stat of ${path.key}`, undefined, () =>
        find(path, { follow: true }, async (at) => {
          const found = await statIfThere(at);
          if (found === undefined || (path.isDirectory && !found.isDirectory())) return undefined;
          if (found.isFile()) return metadataOf("file", found.size);
          return metadataOf(found.isDirectory() ? "directory" : "other", 0);
        }),
      ),
    open: (path, mode) =>
      attempt(`opening ${path.key}`, never, async () => {
        if (path.isDirectory) throw refuse(`${path.key}/ is a directory`, "IS_A_DIRECTORY");
        const isRead = mode === "rb";
        return find(path, { follow: true, createParents: !isRead }, async (at) => {
          const { handle } = await openFile(at, isRead ? constants.O_RDONLY : write, path.key);
          if (!isRead) await handle.truncate().catch((cause: unknown) => closing(handle, cause));
          return openedFile(handle, path.key);
        });
      }),
    children: (path) => attempt(`listing of ${path.key}/`, undefined, () => find(path, { enter: true }, childrenAt)),
    createDirectory: (path) =>
      attempt(`making of ${path.key}/`, never, () =>
        find(path, { follow: true, createParents: true }, async (at) => {
          const found = await statIfThere(at);
          if (found === undefined) await mkdir(at);
          else if (!found.isDirectory()) throw refuse(`${path.key} exists and is no directory`, "ALREADY_EXISTS");
        }),
      ),
    remove: (path) =>
      attempt(`removal of ${path.key}`, undefined, async () => {
        if (path.segments.length === 0) throw refuse("the root of a storage cannot be removed", "IS_THE_ROOT");
        await find(path, {}, async (at) => {
          const found = await statIfThere(at);
          if (found?.isDirectory() === true) await rmdir(at);
          else if (found !== undefined && !path.isDirectory) await unlink(at);
        });
      }),
    rename: (source, target) =>
      attempt(`renaming of ${source.key} to ${target.key}`, never, () =>
        find(source, {}, async (from) => {
          if ((await statIfThere(from)) === undefined) throw notThere(source);
          await find(target, { createParents: true }, (to) => rename(from, to));
        }),
      ),
    copy: (source, target, signal) =>
      attempt(`copy of ${source.key} to ${target.key}`, never, () =>
        find(source, { follow: true }, async (from) => {
          const read = await openFile(from, constants.O_RDONLY, source.key);
          try {
            await find(target, { follow: true, createParents: true }, async (to) => {
              const written = await openFile(to, write, target.key);
              try {
                if (read.stats.ino === written.stats.ino && read.stats.dev === written.stats.dev) {
                  throw refuse(`${source.key} and ${target.key} are the same file`, "SAME_FILE");
                }
                await written.handle.truncate();
                const input = readFromCursor({ position: 0 }, positionalFile(read.handle, source.key));
                const output = writeAtCursor({ position: 0 }, positionalFile(written.handle, target.key));
                await pipeline(input, output, { signal });
              } finally {
                await written.handle.close();
              }
            });
          } finally {
            await read.handle.close();
          }
        }),
      ),
    presign() {
      throw refuse("a storage of scheme fs has no URLs to sign; only http has", "PRESIGN_UNSUPPORTED", "unsupported");
    },
  };
}

async function childrenAt(at: string): Promise<readonly BackendEntry[]> {
  const entries = await readdir(at, { withFileTypes: true });
  return entries.map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }));
}

function openedFile(handle: FileHandle, what: string): BackendFile {
  const file = positionalFile(handle, what);
  const opened: BackendFile = {
    position: 0,
    length: async () => (await handle.stat()).size,
    blocks: () => blocksFromCursor(opened, file),
    writable: () => writeAtCursor(opened, file),
    close: () => handle.close(),
  };
  return opened;
}

function notThere({ key }: StoragePath): Error {
  return refuse(`there is no ${key}`, "PATH_NOT_FOUND", "not-found");
}

async function closing(handle: FileHandle, cause: unknown): Promise<never> {
  await handle.close();
  throw cause;
}

const never = Symbol("an error");

/** Runs the work; what is absent is answered with `ifAbsent`, unless that is `never`. */
async function attempt<T, A>(
  what: string,
  ifAbsent: A | typeof never,
  work: () => Promise<T>,
): Promise<T | Exclude<A, symbol>> {
  try {
    return await work();
  } catch (cause) {
    // What is compared with `never` here is not it afterwards.
    if (ifAbsent !== never && absent.has(systemCode(cause))) return ifAbsent as Exclude<A, symbol>;
    throw storageError(what, cause);
  }
}

/** Of the owner's configuration, whose path may be told. */
function rootError(root: string, cause: unknown): unknown {
  const code = systemCode(cause) ?? "";
  if (["EEXIST", "ENOTDIR"].includes(code)) {
    return refuse(`${root} is to be served, and is no directory: name one`, "ROOT_INVALID");
  }
  if (!["EACCES", "EPERM", "EROFS"].includes(code)) return cause;
  return refuse(
    `${root} is to be served, and the exporter may not make it: make it, or name a directory that it may write`,
    "ROOT_INVALID",
    "permission-denied",
  );
}
