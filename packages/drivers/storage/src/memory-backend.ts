import { metadataOf, type BackendFile, type StorageBackend } from "./backend.ts";
import { capabilityWith } from "./capability.ts";
import { readFromCursor, writeAtCursor } from "./file-streams.ts";
import { refuse } from "./storage-error.ts";
import type { StoragePath } from "./storage-path.ts";

/** A session's storage ends with it, so that this bounds what one client can take from the exporter. */
const defaultMaxBytes = 256 * 1024 * 1024;

/** The content of a file: its chunks, one after the other. */
interface Content {
  readonly chunks: Uint8Array[];
  length: number;
}

/** A storage that forgets everything with the session. */
export function memoryBackend({ maxBytes = defaultMaxBytes }: { readonly maxBytes?: number } = {}): StorageBackend {
  const entries = new Map<string, Content | "directory">([["", "directory"]]);
  let usedBytes = 0;

  const at = (path: StoragePath): Content | "directory" | undefined => {
    const entry = entries.get(path.key);
    return path.isDirectory && entry !== "directory" ? undefined : entry;
  };
  const makeDirectories = (segments: readonly string[]): void => {
    for (let depth = 1; depth <= segments.length; depth += 1) {
      const key = segments.slice(0, depth).join("/");
      const entry = entries.get(key);
      if (entry === undefined) entries.set(key, "directory");
      else if (entry !== "directory") throw refuse(`${key} exists and is no directory`, "ALREADY_EXISTS");
    }
  };
  const fileAt = (path: StoragePath): Content => {
    const entry = at(path);
    if (entry === undefined) throw refuse(`there is no ${path.key}`, "PATH_NOT_FOUND", "not-found");
    if (entry === "directory") throw refuse(`${path.key} is a directory`, "IS_A_DIRECTORY");
    return entry;
  };
  const drop = (path: StoragePath): void => {
    const entry = entries.get(path.key);
    if (entry !== undefined && entry !== "directory") usedBytes -= entry.length;
    entries.delete(path.key);
  };
  const create = (path: StoragePath): Content => {
    if (path.isDirectory || at(path) === "directory") throw refuse(`${path.key} is a directory`, "IS_A_DIRECTORY");
    makeDirectories(path.segments.slice(0, -1));
    drop(path);
    const content: Content = { chunks: [], length: 0 };
    entries.set(path.key, content);
    return content;
  };
  const append = (content: Content, chunks: readonly Uint8Array[]): void => {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (usedBytes + length > maxBytes) {
      throw refuse(`the storage holds at most ${maxBytes} bytes in memory`, "STORAGE_FULL", "unavailable");
    }
    usedBytes += length;
    content.length += length;
    content.chunks.push(...chunks);
  };

  return {
    scheme: "memory",
    capability: capabilityWith(
      [
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
      ],
      { totalMaxBytes: maxBytes },
    ),
    async stat(path) {
      const entry = at(path);
      if (entry === undefined) return undefined;
      return entry === "directory" ? metadataOf("directory", 0) : metadataOf("file", entry.length);
    },
    open: async (path, mode) => openedFile(mode === "rb" ? fileAt(path) : create(path), append),
    async children(path) {
      if (entries.get(path.key) !== "directory") return undefined;
      const prefix = path.key === "" ? "" : `${path.key}/`;
      return [...entries]
        .filter(([key]) => key !== "" && key.startsWith(prefix) && !key.slice(prefix.length).includes("/"))
        .map(([key, entry]) => ({ name: key.slice(prefix.length), isDirectory: entry === "directory" }));
    },
    createDirectory: async (path) => makeDirectories(path.segments),
    async remove(path) {
      if (path.segments.length === 0) throw refuse("the root of a storage cannot be removed", "IS_THE_ROOT");
      if ([...entries.keys()].some((key) => key.startsWith(`${path.key}/`))) {
        throw refuse(`${path.key} is not empty; remove_all removes it with what is in it`, "DIRECTORY_NOT_EMPTY");
      }
      if (at(path) !== undefined) drop(path);
    },
    async copy(source, target) {
      const { chunks } = fileAt(source);
      append(create(target), chunks);
    },
    async rename(source, target) {
      if (at(source) === undefined) throw refuse(`there is no ${source.key}`, "PATH_NOT_FOUND", "not-found");
      if (target.key.startsWith(`${source.key}/`)) {
        throw refuse(`${source.key} cannot be moved into itself`, "PATH_INVALID");
      }
      if (entries.get(target.key) === "directory") throw refuse(`${target.key} is a directory`, "IS_A_DIRECTORY");
      makeDirectories(target.segments.slice(0, -1));
      drop(target);
      const moved = [...entries].filter(([key]) => key === source.key || key.startsWith(`${source.key}/`));
      for (const [key, entry] of moved) {
        entries.delete(key);
        entries.set(`${target.key}${key.slice(source.key.length)}`, entry);
      }
    },
    presign() {
      throw refuse(
        "a storage of scheme memory has no URLs to sign; only http has",
        "PRESIGN_UNSUPPORTED",
        "unsupported",
      );
    },
  };
}

function openedFile(content: Content, append: (content: Content, chunks: readonly Uint8Array[]) => void): BackendFile {
  const bytes = {
    readAt: async (position: number, maxBytes: number) => slice(content, position, maxBytes),
    // Files are only written from their start to their end.
    writeAt: async (_position: number, chunks: readonly Uint8Array[]) => append(content, chunks),
  };
  const opened: BackendFile = {
    position: 0,
    length: async () => content.length,
    blocks: () => readFromCursor(opened, bytes),
    writable: () => writeAtCursor(opened, bytes),
    close: async () => undefined,
  };
  return opened;
}

/** What of the file begins at a position, up to the end of a chunk. */
function slice({ chunks }: Content, position: number, maxBytes: number): Uint8Array {
  let start = 0;
  for (const chunk of chunks) {
    if (position < start + chunk.length) return chunk.subarray(position - start, position - start + maxBytes);
    start += chunk.length;
  }
  return new Uint8Array();
}
