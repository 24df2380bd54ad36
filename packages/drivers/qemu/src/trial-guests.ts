import type { Architecture } from "./options.ts";

/** A guest of a few instructions that says K on its UART. */
export interface TrialGuest {
  readonly machine: string;
  readonly argument: "-bios" | "-kernel";
  readonly image: () => Uint8Array;
}

export const trialGuests: Readonly<Partial<Record<Architecture, TrialGuest>>> = {
  x86_64: { machine: "q35", argument: "-bios", image: romOfPc },
  aarch64: {
    machine: "virt",
    argument: "-kernel",
    // movz x1,#0x0900,lsl 16 (the PL011); movz w0,#'K'; str w0,[x1]; b .
    image: () => Buffer.from([0xd2a12001, 0x52800960, 0xb9000020, 0x14000000].flatMap(littleEndian)),
  },
};

/**
 * Through protected mode and long mode, as every PC starts: some hosts run the first instructions under KVM and stop
 * there. Assembled from test/trial-guest-x86.S.
 */
const codeOfPc = [
  "2e660f0116d0fe0f20c00c010f22c066ea17feffff080066b810008ed88ec08ed0bc008000009c6a08682ffeffffcfc7",
  "050010000003200000c7050020000003300000c7051820000003400000c7050030000083000000c705f84f00008300e0",
  "ffb8200000000f22e0b8001000000f22d8b9800000c00f320d000100000f300f20c00d000000800f22c0ea91feffff18",
  "00b8a3feffff6a1068008000009c6a185048cf66baf803b04beefaf4ebfe66900000000000000000ffff0000009acf00",
  "ffff00000092cf00ffff0000009aaf001f00b0feffff",
].join("");

function romOfPc(): Uint8Array {
  const rom = Buffer.alloc(64 * 1024);
  rom.write(codeOfPc, 0xfe00, "hex");
  // The reset vector: jmp to the code.
  rom.write("e90dfe", 0xfff0, "hex");
  return rom;
}

function littleEndian(word: number): number[] {
  return [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];
}
