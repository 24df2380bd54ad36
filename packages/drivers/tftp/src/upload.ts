import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { open, realpath, readlink, rename, unlink, type FileHandle } from "node:fs/promises";
import { join, sep } from "node:path";

import { errorCode } from "./packet.ts";
import { TransferError } from "./transfer-error.ts";

/** A file that is being written beside its place, and put there when it is whole. */
export interface Upload {
  write(blocks: readonly Uint8Array[]): Promise<void>;
  /** Puts the file in its place, instead of one that is there. */
  complete(): Promise<void>;
  /** Removes what is not complete. Closing twice is harmless. */
  close(): Promise<void>;
}

/** Throws a {@link TransferError} where the directory is not there, or leads out of the root. */
export async function openUpload(root: string, segments: readonly string[], { isText = false } = {}): Promise<Upload> {
  const name = segments.at(-1) ?? "";
  let directory: FileHandle | undefined;
  try {
    const found = await openDirectory(root, segments);
    directory = found.handle;
    const at = found.path;
    const temporary = join(at, `.${randomUUID()}.tftp`);
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666);
    const decode = isText ? netasciiDecoder() : (bytes: Uint8Array) => bytes;
    let isOpen = true;
    let isComplete = false;
    const owned = directory;
    directory = undefined;
    return {
      write: (blocks) => told(segments, () => file.appendFile(decode(Buffer.concat(blocks)))),
      complete: () =>
        told(segments, async () => {
          await rename(temporary, join(at, name));
          isComplete = true;
        }),
      async close() {
        if (!isOpen) return;
        isOpen = false;
        await file.close();
        if (!isComplete) await unlink(temporary).catch(() => undefined);
        await owned.close();
      },
    };
  } catch (cause) {
    throw uploadError(segments, cause);
  } finally {
    await directory?.close();
  }
}

async function openDirectory(
  root: string,
  segments: readonly string[],
): Promise<{ readonly handle: FileHandle; readonly path: string }> {
  const realRoot = await realpath(root);
  const isBelow = (path: string): boolean => path === realRoot || path.startsWith(`${realRoot}${sep}`);
  const outside = new TransferError(errorCode.refused, `${segments.join("/")} leads out of what is served`);
  const path = await realpath(join(realRoot, ...segments.slice(0, -1)));
  if (!isBelow(path)) throw outside;
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  if (process.platform !== "linux") return { handle, path };
  // Everything below goes through the open directory: another that takes its place meanwhile is not written to.
  const opened = `/proc/self/fd/${handle.fd}`;
  if (isBelow(await readlink(opened))) return { handle, path: opened };
  await handle.close();
  throw outside;
}

/** CR LF becomes LF, CR NUL becomes CR; a CR may be the last byte of a block. */
export function netasciiDecoder(): (bytes: Uint8Array) => Uint8Array {
  let isAfterReturn = false;
  return (bytes) => {
    const written = Buffer.allocUnsafe(bytes.length + 1);
    let length = 0;
    for (const byte of bytes) {
      if (isAfterReturn && byte !== 0x0a) written[length++] = 0x0d;
      if (!(isAfterReturn && byte === 0) && byte !== 0x0d) written[length++] = byte;
      isAfterReturn = byte === 0x0d;
    }
    return written.subarray(0, length);
  };
}

async function told(segments: readonly string[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw uploadError(segments, cause);
  }
}

const sentences: Readonly<Record<string, { readonly code: number; readonly said: string }>> = {
  ENOENT: { code: errorCode.notFound, said: "is in no directory that is there" },
  ENOTDIR: { code: errorCode.notFound, said: "is in no directory that is there" },
  EISDIR: { code: errorCode.refused, said: "is a directory" },
  EACCES: { code: errorCode.refused, said: "may not be written by the exporter" },
  EROFS: { code: errorCode.refused, said: "is on a file system that is read-only" },
  ENOSPC: { code: errorCode.full, said: "does not fit any more: the file system is full" },
  EDQUOT: { code: errorCode.full, said: "does not fit any more: the quota is used up" },
};

function uploadError(segments: readonly string[], cause: unknown): TransferError {
  if (cause instanceof TransferError) return cause;
  const system = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const { code, said } = sentences[system] ?? { code: errorCode.other, said: "cannot be written now" };
  return new TransferError(code, `${segments.join("/")} ${said}`, { cause });
}
