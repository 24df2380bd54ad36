import { unreadable } from "./picture.ts";

/** By 16 bits of the stream: the length of the code they begin with in the upper byte, its symbol in the lower. */
export type HuffmanTable = Uint16Array;

/** From how many codes there are of each length, 1 to 16 bits, and the symbols in the order of their codes. */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const table = new Uint16Array(1 << 16);
  let code = 0;
  let at = 0;
  for (let length = 1; length <= 16; length++) {
    for (let left = counts[length - 1] ?? 0; left > 0; left--, at++, code++) {
      const first = code << (16 - length);
      if (first >= table.length) throw unreadable("JPEG", "a Huffman table has more codes than there are");
      table.fill((length << 8) | (symbols[at] ?? 0), first, first + (1 << (16 - length)));
    }
    code <<= 1;
  }
  return table;
}

/** Reads the bits of a scan, up to the next marker. */
export interface BitReader {
  symbol(table: HuffmanTable): number;
  /** A number of so many bits, with its sign as JPEG writes it. */
  signed(bits: number): number;
  /** Goes past the marker between two intervals of a scan. */
  restart(): void;
  /** Where the scan's data ends. */
  readonly end: number;
}

/** More than is ever looked ahead: what asks for it reads beyond the picture. */
const mostMissingBytes = 4;

export function createBitReader(data: Uint8Array, start: number): BitReader {
  let at = start;
  let held = 0;
  let count = 0;
  let missing = 0;

  const fill = (): void => {
    while (count <= 16) {
      let byte = data[at];
      // A marker is an 0xff that no zero follows; behind it is nothing of this interval.
      if (byte === undefined || (byte === 0xff && data[at + 1] !== 0)) {
        if (++missing > mostMissingBytes) throw unreadable("JPEG", "it ends in the middle");
        byte = 0;
      } else at += byte === 0xff ? 2 : 1;
      held = (held << 8) | byte;
      count += 8;
    }
  };
  const take = (bits: number): number => {
    count -= bits;
    return (held >>> count) & ((1 << bits) - 1);
  };

  return {
    get end() {
      return at;
    },
    symbol(table) {
      fill();
      const entry = table[(held >>> (count - 16)) & 0xff_ff] ?? 0;
      if (entry === 0) throw unreadable("JPEG", "its data has a code that no table knows");
      take(entry >> 8);
      return entry & 0xff;
    },
    signed(bits) {
      if (bits === 0) return 0;
      if (bits > 16) throw unreadable("JPEG", "its data has a number of too many bits");
      fill();
      const value = take(bits);
      return value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
    },
    restart() {
      count = 0;
      missing = 0;
      while (
        at + 1 < data.length &&
        !(data[at] === 0xff && (data[at + 1] ?? 0) >= 0xd0 && (data[at + 1] ?? 0) <= 0xd7)
      ) {
        at++;
      }
      at += 2;
    },
  };
}
