import { open, type FileHandle } from "node:fs/promises";
import { Writable } from "node:stream";

/** Large enough that the calls for a chunk cost nothing beside the bytes, small enough for progress to be seen. */
export const chunkBytes = 512 * 1024;

/**
 * A file in chunks, one read ahead of the reader. With `reuses` a chunk counts until the next one is asked for: two
 * pieces of memory then do for the whole file.
 */
export async function* readFileBlocks(
  path: string,
  { reuses }: { readonly reuses: boolean },
): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  let reading: Promise<{ readonly bytesRead: number; readonly buffer: Buffer }> | undefined;
  try {
    reading = file.read(allocate());
    let spare: Buffer | undefined;
    for (;;) {
      const { bytesRead, buffer } = await reading;
      if (bytesRead === 0) return;
      reading = file.read(spare ?? allocate());
      reading.catch(() => undefined);
      // A short chunk may be waiting to be sent still when the next one is asked for.
      spare = reuses && bytesRead === buffer.length ? buffer : undefined;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await reading?.catch(() => undefined);
    await file.close();
  }
}

/** Writes a new file. What gathers while one write runs is copied together, so that pieces of any size do. */
export function writeFileBlocks(path: string): Writable {
  const block = allocate();
  let file: FileHandle | undefined;
  const write = async (chunks: readonly Uint8Array[]): Promise<void> => {
    let used = 0;
    for (const chunk of chunks) {
      for (let from = 0; from < chunk.length;) {
        const piece = chunk.subarray(from, from + block.length - used);
        block.set(piece, used);
        used += piece.length;
        from += piece.length;
        if (used === block.length) used = await flush(used);
      }
    }
    await flush(used);
  };
  const flush = async (length: number): Promise<0> => {
    for (let from = 0; from < length;) from += (await file?.write(block, from, length - from))?.bytesWritten ?? length;
    return 0;
  };
  const settle = (work: Promise<unknown> | undefined, done: (error?: Error | null) => void): void => {
    // eslint-disable-next-line promise/no-callback-in-promise -- Node's streams take callbacks.
    Promise.resolve(work).then(() => done(), done);
  };
  return new Writable({
    highWaterMark: 2 * chunkBytes,
    decodeStrings: true,
    construct(done) {
      const opening = open(path, "wx").then((opened) => (file = opened));
      settle(opening, done);
    },
    write: (chunk: Uint8Array, _encoding, done) => settle(write([chunk]), done),
    // decodeStrings made every chunk bytes.
    writev: (chunks, done) => settle(write(chunks.map(({ chunk }) => chunk as Uint8Array)), done),
    destroy(error, done) {
      settle(file?.close(), (failure) => done(error ?? failure));
    },
  });
}

function allocate(): Buffer {
  return Buffer.allocUnsafeSlow(chunkBytes);
}
