import type { ByteStream } from "@jumpstarter-ts/core";

/** Reads a stream in pieces of the length that its protocol says. */
export interface ByteReader {
  /** Rejects with what `ended` gives where the stream ends before. */
  read(length: number): Promise<Buffer>;
}

export function readerOf(stream: ByteStream, ended: () => Error): ByteReader {
  const chunks = stream[Symbol.asyncIterator]();
  let held: Buffer[] = [];
  let heldLength = 0;
  return {
    async read(length) {
      while (heldLength < length) {
        const next: IteratorResult<Buffer> = await chunks.next();
        if (next.done === true) throw ended();
        held.push(next.value);
        heldLength += next.value.length;
      }
      // Once for all chunks: a screen is megabytes.
      const all = held.length === 1 ? (held[0] ?? Buffer.alloc(0)) : Buffer.concat(held);
      held = [all.subarray(length)];
      heldLength -= length;
      return all.subarray(0, length);
    },
  };
}
