/** The instructions at which the run loop does more than execute. */
export const opcode = {
  sleep: 0x9588,
  enableInterrupts: 0x9478,
  returnFromInterrupt: 0x9518,
  jumpToSelf: 0xcfff,
} as const;

/** The kind of a word of flash that holds none of those. */
export const isOrdinary = 0;

/** Program memory, with what the run loop wants to know of every word. */
export interface Program {
  readonly words: Uint16Array;
  /** One a word: {@link isOrdinary}, or 1 where the loop must look closer. */
  readonly kinds: Uint8Array;
  /** True if the flash is erased: the CPU would run through 0xffff for ever. */
  readonly isBlank: boolean;
}

const special = new Set<number>(Object.values(opcode));

export function createProgram(flash: Uint8Array): Program {
  const words = new Uint16Array(flash.length / 2);
  new Uint8Array(words.buffer).set(flash);
  const isBlank = words.every((word) => word === 0xffff);
  const kinds = new Uint8Array(words.length);
  for (const [index, word] of words.entries()) kinds[index] = isBlank || special.has(word) ? 1 : isOrdinary;
  return { words, kinds, isBlank };
}
