import { ReadableStream } from "node:stream/web";

/**
 * Unpacks .xz files without a program: CRC32 and CRC64 only, no SHA-256, and one at a time in a process, as the
 * package has it. Throws for what is no .xz file, or none to its end.
 */
export async function* unpackXz(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // A CommonJS package, whose names Node finds on its default export.
  const { default: xz } = await import("xz-decompress");
  const input = { isOver: false };
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const chunk of packed) if (chunk.length > 0) yield chunk;
    input.isOver = true;
  }
  const plain = new xz.XzReadableStream(ReadableStream.from(watched()));
  let emptyChunks = 0;
  for await (const chunk of plain) {
    // Fed with nothing more, the package would answer with nothing for ever.
    emptyChunks = chunk.length === 0 && input.isOver ? emptyChunks + 1 : 0;
    if (emptyChunks > maxEmptyChunks) throw new Error("the .xz file ends too early");
    if (chunk.length > 0) yield chunk;
  }
}

const maxEmptyChunks = 8;
