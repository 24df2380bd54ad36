import { chunkBytes } from "./file-chunks.ts";
import { errorCode } from "./packet.ts";
import type { SharedFile } from "./shared-files.ts";
import { TransferError } from "./transfer-error.ts";

/** A file as blocks, counted from 1. */
export interface BlockSource {
  /** The number of the last block, the only one that is not full; undefined while it is not known yet. */
  readonly lastBlock: number | undefined;
  /** Makes the blocks from one up to, not including, another ready; those before may be dropped. Undefined if they are. */
  prepare(from: number, to: number): Promise<void> | undefined;
  /** The data of a block that is ready, in pieces. */
  pieces(block: number): readonly Uint8Array[];
}

/** The file as it is. */
export function octetBlocks(file: SharedFile, blockBytes: number): BlockSource {
  const { size } = file;
  const lastBlock = Math.floor(size / blockBytes) + 1;
  const held = new Map<number, Buffer>();
  let isChecked = false;

  const load = async (from: number, to: number, isEnd: boolean): Promise<void> => {
    for (let index = from; index < to; index++) if (!held.has(index)) held.set(index, await file.get(index));
    if (!isEnd) return;
    await checkUnchanged(file);
    isChecked = true;
  };
  return {
    lastBlock,
    prepare(from, to) {
      const first = Math.floor(((from - 1) * blockBytes) / chunkBytes);
      const endBytes = Math.min((to - 1) * blockBytes, size);
      const end = Math.ceil(endBytes / chunkBytes);
      for (const index of held.keys()) if (index < first) held.delete(index);
      const isEnd = to > lastBlock && !isChecked;
      let isReady = !isEnd;
      for (let index = first; index < end; index++) {
        if (held.has(index)) continue;
        const chunk = file.get(index);
        if (Buffer.isBuffer(chunk)) held.set(index, chunk);
        else {
          isReady = false;
          // The first that fails is told by load.
          chunk.catch(() => undefined);
        }
      }
      if (!isReady) return load(first, end, isEnd);
      // What comes next is read while these are on their way.
      file.readAhead(end);
      return undefined;
    },
    pieces(block) {
      const from = (block - 1) * blockBytes;
      const to = Math.min(from + blockBytes, size);
      const pieces: Uint8Array[] = [];
      for (let at = from; at < to;) {
        const index = Math.floor(at / chunkBytes);
        const chunk = held.get(index);
        if (chunk === undefined) throw new Error(`block ${block} is not ready`);
        const end = Math.min(to, (index + 1) * chunkBytes);
        pieces.push(chunk.subarray(at - index * chunkBytes, end - index * chunkBytes));
        at = end;
      }
      return pieces;
    },
  };
}

/** The file with its ends of lines as those of a network: LF becomes CR LF, CR becomes CR NUL. */
export function netasciiBlocks(file: SharedFile, blockBytes: number): BlockSource {
  const blocks = new Map<number, Buffer>();
  let made = 0;
  let rest = Buffer.alloc(0);
  let nextChunk = 0;
  let lastBlock: number | undefined;
  let making = Promise.resolve();

  const make = async (to: number): Promise<void> => {
    while (lastBlock === undefined && made + 1 < to) {
      while (rest.length < blockBytes && nextChunk * chunkBytes < file.size) {
        rest = Buffer.concat([rest, toNetascii(await file.get(nextChunk))]);
        nextChunk += 1;
      }
      blocks.set((made += 1), rest.subarray(0, blockBytes));
      if (rest.length < blockBytes) {
        await checkUnchanged(file);
        lastBlock = made;
      }
      rest = rest.subarray(blockBytes);
    }
  };
  return {
    get lastBlock() {
      return lastBlock;
    },
    prepare(from, to) {
      for (const block of blocks.keys()) if (block < from) blocks.delete(block);
      if (lastBlock !== undefined || made + 1 >= to) return undefined;
      // One after another: each goes on where the one before has ended.
      making = making.then(() => make(to));
      return making;
    },
    pieces(block) {
      const data = blocks.get(block);
      if (data === undefined) throw new Error(`block ${block} is not ready`);
      return [data];
    },
  };
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

export function toNetascii(bytes: Uint8Array): Buffer {
  const written = Buffer.allocUnsafe(bytes.length * 2);
  let length = 0;
  for (const byte of bytes) {
    if (byte === lineFeed) written[length++] = carriageReturn;
    written[length++] = byte;
    if (byte === carriageReturn) written[length++] = 0;
  }
  return written.subarray(0, length);
}

/** A device that boots half of one image and half of another fails where nobody looks for it. */
async function checkUnchanged(file: SharedFile): Promise<void> {
  if (await file.isUnchanged()) return;
  throw new TransferError(errorCode.other, "the file changed while it was sent: ask for it again");
}
