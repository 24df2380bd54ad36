import { open } from "node:fs/promises";

const blockBytes = 64 * 1024;
const zeros = Buffer.alloc(blockBytes);

/** Writes a new file and leaves holes where an image has only zeros, as most of a disk has. */
export async function writeSparse(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, "w");
  try {
    let length = 0;
    for await (const chunk of chunks) {
      for (const { from, to } of filled(chunk)) {
        for (let done = from; done < to;) {
          const { bytesWritten } = await file.write(chunk, done, to - done, length + done);
          done += bytesWritten;
        }
      }
      length += chunk.length;
    }
    await file.truncate(length);
  } finally {
    await file.close();
  }
}

/** The parts of a chunk that hold more than zeros, in as few pieces as there are. */
export function filled(chunk: Uint8Array): { readonly from: number; readonly to: number }[] {
  const parts: { from: number; to: number }[] = [];
  for (let from = 0; from < chunk.length; from += blockBytes) {
    const to = Math.min(from + blockBytes, chunk.length);
    if (zeros.compare(chunk, from, to, 0, to - from) === 0) continue;
    const last = parts.at(-1);
    if (last?.to === from) last.to = to;
    else parts.push({ from, to });
  }
  return parts;
}
