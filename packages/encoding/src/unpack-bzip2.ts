/**
 * Unpacks .bz2 files without a program, block by block: never more than one block is in memory, however little the
 * packed bytes are. Some 4 MB/s, and other work waits while a block is unpacked. Throws for what is no .bz2 file, or none
 * to its end.
 */
export async function* unpackBzip2(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { default: bzip2 } = await import("unbzip2-stream/lib/bzip2.js");
  const { default: bitIterator } = await import("unbzip2-stream/lib/bit_iterator.js");
  const queue: Uint8Array[] = [];
  let queuedBytes = 0;
  const source = packed[Symbol.asyncIterator]();
  let isOver = false;
  const fill = async (bytes: number): Promise<void> => {
    while (!isOver && queuedBytes - bits.bytesRead < bytes) {
      const { value, done = false } = await source.next();
      isOver = done;
      if (done || value.length === 0) continue;
      queue.push(value);
      queuedBytes += value.length;
    }
  };
  // Reads its first buffer when it is made.
  const first = await source.next();
  if (first.done === true) throw tooShort();
  queue.push(first.value);
  queuedBytes = first.value.length;
  const bits = bitIterator(() => {
    const next = queue.shift();
    if (next === undefined) throw tooShort();
    return next;
  });
  try {
    do {
      await fill(headerBytes);
      const level = bzip2.header(bits);
      const bufferBytes = level * 100_000;
      const buffer = new Int32Array(bufferBytes);
      for (let crc: number | null = 0; ;) {
        // A block that does not shrink, with its tables.
        await fill(bufferBytes + 25_000);
        const block = collect();
        crc = bzip2.decompress(bits, block.add, buffer, bufferBytes, crc);
        if (crc === null) break;
        yield* block.chunks();
      }
      await fill(headerBytes);
      // What several runs of bzip2 wrote into one file is one image.
    } while (queuedBytes > bits.bytesRead);
  } finally {
    await source.return?.();
  }
}

const headerBytes = 4;
const chunkBytes = 64 * 1024;

/** Takes bytes one by one, which is how the package hands them out. */
function collect() {
  const full: Buffer[] = [];
  let current = Buffer.allocUnsafe(chunkBytes);
  let used = 0;
  return {
    add(byte: number): void {
      if (used === chunkBytes) {
        full.push(current);
        current = Buffer.allocUnsafe(chunkBytes);
        used = 0;
      }
      current[used] = byte;
      used += 1;
    },
    chunks: (): readonly Buffer[] => (used === 0 ? full : [...full, current.subarray(0, used)]),
  };
}

function tooShort(): Error {
  return new Error("the .bz2 file ends too early");
}
