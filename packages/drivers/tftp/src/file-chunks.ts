import type { FileHandle } from "node:fs/promises";

import { errorCode } from "./packet.ts";
import { TransferError } from "./transfer-error.ts";

/** Bytes read from a file at once, and shared by all who want them. */
export const chunkBytes = 128 * 1024;

/** The bytes of one open file, read in chunks. */
export interface FileChunks {
  /** A chunk by its index, or the promise of it. */
  get(index: number): Buffer | Promise<Buffer>;
  /** Begins to read a chunk that is not there. What goes wrong is told to whoever gets it. */
  begin(index: number): void;
  forget(): void;
}

/** Keeps the chunks of all files that were used last, so many at most; whoever holds one that is forgotten, has it still. */
export interface ChunkCache {
  chunksOf(handle: FileHandle, sizeBytes: number): FileChunks;
}

interface Chunk {
  readonly index: number;
  readonly siblings: Map<number, Chunk>;
  bytes: Buffer | Promise<Buffer>;
}

export function createChunkCache(mostChunks: number): ChunkCache {
  /** In the order of their use. */
  const recent = new Set<Chunk>();
  const forget = (chunk: Chunk): void => {
    recent.delete(chunk);
    if (chunk.siblings.get(chunk.index) === chunk) chunk.siblings.delete(chunk.index);
  };
  const use = (chunk: Chunk): void => {
    recent.delete(chunk);
    recent.add(chunk);
    const [oldest] = recent;
    if (recent.size > mostChunks && oldest !== undefined) forget(oldest);
  };
  return {
    chunksOf(handle, sizeBytes) {
      const siblings = new Map<number, Chunk>();
      const start = (index: number): Chunk => {
        const reading = read(handle, index * chunkBytes, Math.min(chunkBytes, sizeBytes - index * chunkBytes));
        const chunk: Chunk = { index, siblings, bytes: reading };
        siblings.set(index, chunk);
        reading.then(
          (bytes) => (chunk.bytes = bytes),
          () => forget(chunk),
        );
        return chunk;
      };
      return {
        get(index) {
          const chunk = siblings.get(index) ?? start(index);
          use(chunk);
          return chunk.bytes;
        },
        begin(index) {
          if (siblings.has(index)) return;
          const chunk = start(index);
          use(chunk);
        },
        forget() {
          for (const chunk of siblings.values()) forget(chunk);
        },
      };
    },
  };
}

async function read(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(buffer, done, length - done, at + done);
    if (bytesRead === 0) throw new TransferError(errorCode.other, "the file became shorter while it was sent");
    done += bytesRead;
  }
  return buffer;
}
