import type { FileHandle } from "node:fs/promises";
import { Readable, Writable } from "node:stream";

import type { BackendFile } from "./backend.ts";
import { storageError } from "./storage-error.ts";

/** Large enough that the calls to the kernel cost nothing beside the copying. */
export const blockBytes = 1024 * 1024;

/** Of what is read: more than any stream takes before it says that it is busy. */
export const readBytes = 256 * 1024;

/** From here on a call to the kernel costs less than a copy. */
const largeBytes = 128 * 1024;

export interface PositionalFile {
  /** At most `maxBytes` from a position; empty at the end. `memory` is as large, and may be used for them. */
  readAt(position: number, maxBytes: number, memory?: Buffer): Promise<Uint8Array>;
  /** All of the chunks, one after the other. */
  writeAt(position: number, chunks: readonly Uint8Array[]): Promise<void>;
}

type Cursor = Pick<BackendFile, "position">;

/** Reads ahead of its reader. */
export function readFromCursor(cursor: Cursor, file: PositionalFile): Readable {
  return new Readable({
    highWaterMark: 2 * blockBytes,
    read() {
      file.readAt(cursor.position, readBytes).then(
        (block) => {
          cursor.position += block.length;
          this.push(block.length === 0 ? null : block);
        },
        (error: Error) => this.destroy(error),
      );
    },
  });
}

/**
 * The same, in blocks that each count until the next is asked for: two pieces of memory do for a file of any length. New
 * memory for each costs the processor more than everything else that is done with it.
 */
export async function* blocksFromCursor(cursor: Cursor, file: PositionalFile): AsyncGenerator<Uint8Array> {
  const read = (memory: Buffer): Promise<readonly [Uint8Array, Buffer]> =>
    file.readAt(cursor.position, readBytes, memory).then((block) => [block, memory]);
  const allocate = (): Buffer => Buffer.allocUnsafeSlow(readBytes);
  let spare = allocate();
  let reading = read(allocate());
  try {
    for (;;) {
      const [block, memory] = await reading;
      if (block.length === 0) return;
      cursor.position += block.length;
      reading = read(spare);
      reading.catch(() => undefined);
      // A short block may be waiting to be sent still when the next one is asked for.
      spare = block.length === readBytes ? memory : allocate();
      yield block;
    }
  } finally {
    await reading.catch(() => undefined);
  }
}

/** While one write runs the next chunks gather, and go to the kernel together. */
export function writeAtCursor(cursor: Cursor, file: PositionalFile): Writable {
  const write = (chunks: readonly Uint8Array[], done: (error?: Error) => void): void => {
    const written = file.writeAt(cursor.position, chunks).then(() => {
      cursor.position += totalLength(chunks);
    });
    // eslint-disable-next-line promise/no-callback-in-promise -- Node's streams take callbacks.
    written.then(() => done(), done);
  };
  return new Writable({
    highWaterMark: 2 * blockBytes,
    decodeStrings: true,
    write: (chunk: Uint8Array, _encoding, done) => write([chunk], done),
    // decodeStrings made every chunk bytes.
    writev: (chunks, done) =>
      write(
        chunks.map(({ chunk }) => chunk as Uint8Array),
        done,
      ),
  });
}

/** A file of the exporter's own file system; errors are sentences that begin with `what`. */
export function positionalFile(handle: FileHandle, what: string): PositionalFile {
  let gathered: Buffer | undefined;
  /** Copies small chunks together: they cost the kernel more than that. The memory is used anew each time. */
  const gather = (chunks: readonly Uint8Array[]): readonly Uint8Array[] => {
    const length = totalLength(chunks);
    if (length >= chunks.length * largeBytes || chunks.length === 1) return chunks;
    if (gathered === undefined || gathered.length < length) {
      gathered = Buffer.allocUnsafeSlow(Math.max(length, 2 * blockBytes));
    }
    let used = 0;
    for (const chunk of chunks) {
      gathered.set(chunk, used);
      used += chunk.length;
    }
    return [gathered.subarray(0, used)];
  };
  return {
    async readAt(position, maxBytes, buffer = Buffer.allocUnsafeSlow(maxBytes)) {
      try {
        const { bytesRead } = await handle.read(buffer, 0, maxBytes, position);
        return buffer.subarray(0, bytesRead);
      } catch (cause) {
        throw storageError(`reading ${what}`, cause);
      }
    },
    async writeAt(position, chunks) {
      let at = position;
      try {
        for (const bytes of gather(chunks)) {
          for (let from = 0; from < bytes.length;) {
            const { bytesWritten } = await handle.write(bytes, from, bytes.length - from, at);
            from += bytesWritten;
            at += bytesWritten;
          }
        }
      } catch (cause) {
        throw storageError(`writing ${what}`, cause);
      }
    },
  };
}

function totalLength(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}
