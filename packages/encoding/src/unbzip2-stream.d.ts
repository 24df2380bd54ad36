// The two parts of unbzip2-stream that work block by block; its stream cannot be slowed down.

declare module "unbzip2-stream/lib/bit_iterator.js" {
  export interface Bits {
    (count: number | null): number;
    readonly bytesRead: number;
  }
  export default function bitIterator(nextBuffer: () => Uint8Array): Bits;
}

declare module "unbzip2-stream/lib/bzip2.js" {
  import type { Bits } from "unbzip2-stream/lib/bit_iterator.js";
  const bzip2: {
    /** Size of the blocks, in 100 kB. */
    header(bits: Bits): number;
    /** One block, byte by byte; null for the end of a stream. Throws. */
    decompress(
      bits: Bits,
      add: (byte: number) => void,
      buffer: Int32Array,
      bufferSize: number,
      streamCrc: number,
    ): number | null;
  };
  export default bzip2;
}
