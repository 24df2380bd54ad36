import { randomUUID } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { BackendFile, OpenMode } from "./backend.ts";
import { refuse } from "./storage-error.ts";

/** Enough for any test, and far from what the system allows one process. */
const maxOpen = 128;
/** How many closed files are still known as closed. */
const maxRemembered = 1_024;

interface OpenFile {
  readonly mode: OpenMode;
  readonly path: string;
  readonly file: BackendFile;
  /** Ends the transfer that is under way. */
  transfer: AbortController | undefined;
}

/** The files that clients have open, by their ids. Cursor and modes behave as those of Python's files. */
export interface OpenFiles {
  /** `openBackend` opens the file when it is certain that there is room for it. */
  open(path: string, mode: OpenMode, openBackend: () => Promise<BackendFile>): Promise<string>;
  read(fd: string, target: Writable, signal: AbortSignal): Promise<void>;
  write(fd: string, source: Readable, signal: AbortSignal): Promise<void>;
  seek(fd: string, position: number, whence: 0 | 1 | 2): Promise<number>;
  tell(fd: string): number;
  close(fd: string): Promise<void>;
  /** `closed` for a file that was open once. */
  modeOf(fd: string): OpenMode | "closed";
  closeAll(): Promise<void>;
}

export function createOpenFiles(): OpenFiles {
  const open = new Map<string, OpenFile>();
  const closed = new Set<string>();
  let opening = 0;

  const get = (fd: string): OpenFile => {
    const found = open.get(fd);
    if (found !== undefined) return found;
    if (closed.has(fd)) throw refuse(`the file ${fd} is closed: open it again`, "FILE_CLOSED");
    throw refuse(`no file is open as ${fd}: use the id that open answered in this session`, "FILE_UNKNOWN");
  };
  const transfer = async (
    found: OpenFile,
    signal: AbortSignal,
    from: AsyncIterable<Uint8Array>,
    to: Writable,
  ): Promise<void> => {
    const stopped = new AbortController();
    found.transfer = stopped;
    try {
      await pipeline(from, to, { signal: AbortSignal.any([signal, stopped.signal]) });
    } finally {
      found.transfer = undefined;
    }
  };
  const idle = ({ transfer, path }: OpenFile): void => {
    if (transfer === undefined) return;
    throw refuse(`${path} is being read or written: wait for that, or open it once more`, "FILE_BUSY", "unavailable");
  };
  const close: OpenFiles["close"] = async (fd) => {
    const found = open.get(fd);
    if (found === undefined) {
      modeOf(fd);
      return;
    }
    open.delete(fd);
    closed.add(fd);
    const [oldest] = closed;
    if (closed.size > maxRemembered && oldest !== undefined) closed.delete(oldest);
    found.transfer?.abort(refuse(`${found.path} was closed while it was in use`, "FILE_CLOSED"));
    await found.file.close();
  };
  const modeOf: OpenFiles["modeOf"] = (fd) => (closed.has(fd) ? "closed" : get(fd).mode);

  return {
    async open(path, mode, openBackend) {
      if (open.size + opening >= maxOpen) {
        throw refuse(`${maxOpen} files are open already: close one`, "TOO_MANY_OPEN_FILES", "unavailable");
      }
      opening += 1;
      try {
        const fd = randomUUID();
        open.set(fd, { mode, path, file: await openBackend(), transfer: undefined });
        return fd;
      } finally {
        opening -= 1;
      }
    },
    async read(fd, target, signal) {
      const found = get(fd);
      if (found.mode !== "rb") throw refuse(`${found.path} is open for writing only`, "FILE_NOT_READABLE");
      idle(found);
      await transfer(found, signal, found.file.blocks(), target);
    },
    async write(fd, source, signal) {
      const found = get(fd);
      if (found.mode !== "wb") throw refuse(`${found.path} is open for reading only`, "FILE_NOT_WRITABLE");
      idle(found);
      await transfer(found, signal, source, found.file.writable());
    },
    async seek(fd, position, whence) {
      const found = get(fd);
      if (found.mode !== "rb") {
        throw refuse(
          `${found.path} is open for writing, from its start to its end: it has no seek`,
          "FILE_NOT_SEEKABLE",
        );
      }
      idle(found);
      const start = whence === 0 ? 0 : whence === 1 ? found.file.position : await found.file.length();
      if (start + position < 0) throw refuse(`a seek to ${start + position}, before the start`, "SEEK_NEGATIVE");
      found.file.position = start + position;
      return found.file.position;
    },
    tell: (fd) => get(fd).file.position,
    close,
    modeOf,
    async closeAll() {
      await Promise.allSettled([...open.keys()].map(close));
    },
  };
}
