import type { BigIntStats } from "node:fs";

import { openConfined, type Denial } from "@jumpstarter-ts/driver-storage/serving";

import { chunkBytes, createChunkCache, type FileChunks } from "./file-chunks.ts";
import { errorCode } from "./packet.ts";
import { TransferError } from "./transfer-error.ts";
import { createTurns } from "./turns.ts";

/** Chunks kept though nobody needs them now: 16 MiB for all files together. */
const keptChunks = 128;
/** Files being opened at a time; each costs a few calls and, until it is known to be open already, a descriptor. */
const openingAtOnce = 16;

/** Chunks read ahead for one reader where there are few. */
const mostAhead = 4;

/** One state of a file, open once however many read it. */
export interface SharedFile extends Pick<FileChunks, "get"> {
  readonly size: number;
  /** Begins to read what comes next, from this chunk on, as far as it would be kept until somebody wants it. */
  readAhead(index: number): void;
  /** False if it is not any more what it was when it was opened. */
  isUnchanged(): Promise<boolean>;
  /** The last who closes it closes the file. */
  close(): Promise<void>;
}

/** The files below a root that are being read. */
export interface SharedFiles {
  /** Throws a {@link TransferError} for a file that is not given. */
  open(segments: readonly string[]): Promise<SharedFile>;
}

interface Entry {
  readonly file: Omit<SharedFile, "close">;
  readonly closeNow: () => Promise<void>;
  users: number;
}

export function createSharedFiles(root: string): SharedFiles {
  const entries = new Map<string, Entry>();
  const cache = createChunkCache(keptChunks);
  const inTurn = createTurns(openingAtOnce);
  let readers = 0;

  const share = (version: string, entry: Entry): SharedFile => {
    entry.users += 1;
    readers += 1;
    let isOpen = true;
    const close = async (): Promise<void> => {
      if (!isOpen) return;
      isOpen = false;
      entry.users -= 1;
      readers -= 1;
      if (entry.users > 0) return;
      entries.delete(version);
      await entry.closeNow();
    };
    return { ...entry.file, close };
  };

  return {
    open: (segments) =>
      inTurn(async () => {
        const opened = await openConfined(root, segments);
        if (typeof opened === "string") throw denied(opened, segments);
        const { handle, stats } = opened;
        const version = versionOf(stats);
        const known = entries.get(version);
        if (known !== undefined) {
          const shared = share(version, known);
          await handle.close();
          return shared;
        }
        const size = Number(stats.size);
        const chunks = cache.chunksOf(handle, size);
        const readAhead = (index: number): void => {
          const ahead = Math.min(mostAhead, Math.floor(keptChunks / 2 / readers));
          const end = Math.min(index + ahead, Math.ceil(size / chunkBytes));
          for (let next = index; next < end; next++) chunks.begin(next);
        };
        const isUnchanged = async (): Promise<boolean> => versionOf(await handle.stat({ bigint: true })) === version;
        const closeNow = (): Promise<void> => {
          chunks.forget();
          return handle.close();
        };
        const entry: Entry = {
          file: { size, get: (index) => chunks.get(index), readAhead, isUnchanged },
          closeNow,
          users: 0,
        };
        entries.set(version, entry);
        return share(version, entry);
      }),
  };
}

const denials: Readonly<Record<Denial, { readonly code: number; readonly said: string }>> = {
  absent: { code: errorCode.notFound, said: "was not found" },
  outside: { code: errorCode.refused, said: "leads out of what is served" },
  "no-file": { code: errorCode.refused, said: "is no file" },
  "not-allowed": { code: errorCode.refused, said: "may not be read by the exporter" },
  failed: { code: errorCode.other, said: "cannot be opened now" },
};

function denied(denial: Denial, segments: readonly string[]): TransferError {
  const { code, said } = denials[denial];
  return new TransferError(code, `${segments.join("/")} ${said}`);
}

/** The change time tells two states apart that were written at the same length within one tick, or given an old date. */
function versionOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join("-");
}
