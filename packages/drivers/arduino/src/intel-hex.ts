import nrfIntelHex from "nrf-intel-hex";

// The package's types promise a property `default`, but its CommonJS module is the class itself.
const MemoryMap = nrfIntelHex as unknown as typeof nrfIntelHex.default;

/** Blocks of bytes by their address, ascending, from records that have been checked. */
export function readBlocks(text: string): ReadonlyMap<number, Uint8Array> {
  return new Map(MemoryMap.fromHex(text));
}

/** Intel HEX with records of 16 bytes; trailing erased bytes (0xff) are left out. */
export function writeHex(image: Uint8Array): string {
  const length = image.findLastIndex((byte) => byte !== 0xff) + 1;
  const blocks: [number, Uint8Array][] = length === 0 ? [] : [[0, image.subarray(0, length)]];
  return `${new MemoryMap(blocks).asHexString(16)}\n`;
}
