import { firstAbove } from "./text-log.ts";

/** When which part of a recording came: to one millisecond, whatever the size of the chunks. */
export interface Timeline {
  /** When the newest byte came. */
  readonly lastAt: number | undefined;
  /** Says that the recording now reaches to these ends. */
  add(at: number, textEnd: number, byteEnd: number): void;
  /** When the character at this offset of the text came. */
  atOfText(offset: number): number | undefined;
  /** Offset of the byte of a character: exact where the text is plain ASCII, else to within its chunk. */
  byteOfText(offset: number): number;
  /** Text offset of the oldest entry that has to stay when all before `byte` goes. */
  textOfByte(byte: number): number;
  dropBefore(textOffset: number): void;
}

interface Columns {
  at: number[];
  textEnd: number[];
  byteEnd: number[];
}

/** Chunks of the same millisecond share an entry up to this size. */
const largestEntry = 64 * 1024;

export function createTimeline(): Timeline {
  let { at: ats, textEnd: textEnds, byteEnd: byteEnds }: Columns = { at: [], textEnd: [], byteEnd: [] };
  let dropped = { text: 0, byte: 0 };

  const before = (index: number): { text: number; byte: number } =>
    index === 0 ? dropped : { text: textEnds[index - 1] ?? 0, byte: byteEnds[index - 1] ?? 0 };

  return {
    get lastAt() {
      return ats.at(-1);
    },
    add(at, textEnd, byteEnd) {
      const last = ats.length - 1;
      const lastAt = ats[last];
      if (lastAt !== undefined && at - lastAt < 1 && byteEnd - before(last).byte <= largestEntry) {
        textEnds[last] = textEnd;
        byteEnds[last] = byteEnd;
        return;
      }
      ats.push(at);
      textEnds.push(textEnd);
      byteEnds.push(byteEnd);
    },
    atOfText: (offset) => ats[Math.min(firstAbove(textEnds, offset), ats.length - 1)],
    byteOfText(offset) {
      const index = firstAbove(textEnds, offset);
      const { text, byte } = before(index);
      return Math.min(byte + Math.max(0, offset - text), byteEnds[index] ?? byte);
    },
    textOfByte: (byte) => before(firstAbove(byteEnds, byte)).text,
    dropBefore(textOffset) {
      const index = firstAbove(textEnds, textOffset);
      if (index < 64 || index * 4 < ats.length) return;
      dropped = before(index);
      ats = ats.slice(index);
      textEnds = textEnds.slice(index);
      byteEnds = byteEnds.slice(index);
    },
  };
}
