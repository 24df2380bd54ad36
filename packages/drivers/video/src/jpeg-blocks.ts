import type { BitReader, HuffmanTable } from "./jpeg-entropy.ts";

/** Where the numbers of a block stand, in the order in which they come. */
// prettier-ignore
const zigzag = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55,
  62, 63,
];

/** What each of the eight frequencies adds to each of eight places. */
const cosines = Float64Array.from({ length: 64 }, (_, index) => {
  const [place, frequency] = [index >> 3, index & 7];
  return Math.cos(((2 * place + 1) * frequency * Math.PI) / 16) * (frequency === 0 ? Math.SQRT1_2 : 1) * 0.5;
});

export interface BlockTables {
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
  /** As they come in the file, 64 of them. */
  readonly quantization: Uint16Array;
}

/** Reads a block's numbers into `into`, and gives its first one, which the next block's is told from. */
export function readBlock(
  bits: BitReader,
  { dc, ac, quantization }: BlockTables,
  previous: number,
  into: Float64Array,
): number {
  into.fill(0);
  const first = previous + bits.signed(bits.symbol(dc));
  into[0] = first * (quantization[0] ?? 1);
  for (let index = 1; index < 64; index++) {
    const symbol = bits.symbol(ac);
    const size = symbol & 15;
    const zeros = symbol >> 4;
    if (size === 0 && zeros !== 15) break;
    index += zeros;
    if (size > 0 && index < 64) into[zigzag[index] ?? 0] = bits.signed(size) * (quantization[index] ?? 1);
  }
  return first;
}

const half = new Float64Array(64);

/** Turns a block's numbers into 64 samples of a plane. Most numbers are 0, which is where the time is saved. */
export function drawBlock(block: Float64Array, plane: Uint8ClampedArray, start: number, stride: number): void {
  const rows = drawRows(block);
  for (let place = 0; place < 8; place++) {
    for (let column = 0; column < 8; column++) {
      let sum = 128;
      for (let frequency = 0; frequency < rows; frequency++) {
        sum += (half[frequency * 8 + column] ?? 0) * (cosines[place * 8 + frequency] ?? 0);
      }
      plane[start + place * stride + column] = sum;
    }
  }
}

/** The first of two passes, and how many rows have something in them. */
function drawRows(block: Float64Array): number {
  let rows = 0;
  for (let row = 0; row < 8; row++) {
    let length = 8;
    while (length > 0 && block[row * 8 + length - 1] === 0) length--;
    if (length > 0) rows = row + 1;
    for (let place = 0; place < 8; place++) {
      let sum = 0;
      for (let frequency = 0; frequency < length; frequency++) {
        sum += (block[row * 8 + frequency] ?? 0) * (cosines[place * 8 + frequency] ?? 0);
      }
      half[row * 8 + place] = sum;
    }
  }
  return rows;
}
