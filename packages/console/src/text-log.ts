/**
 * The text of a recording: append at the end, read anywhere, drop from the front. It is kept in the pieces it came in
 * (small ones joined), so that appending never copies what is already there. Offsets are UTF-16 code units from the
 * first character ever.
 */
export interface TextLog {
  /** Offset of the oldest character that is still there. */
  readonly start: number;
  /** Offset after the newest character. */
  readonly end: number;
  /** Offset after the last line feed: what lies behind it is a line that is not whole yet. */
  readonly wholeUntil: number;
  append(text: string): void;
  slice(from: number, to: number): string;
  /** Where the line that holds `offset` begins, looking back no further than `limit` characters. */
  lineStart(offset: number, limit: number): number;
  /** The first offset after a line feed that is greater than `after` and at most `until`. */
  firstLineEnd(after: number, until: number): number | undefined;
  /** The last offset after a line feed that is greater than `after` and at most `until`. */
  lastLineEnd(after: number, until: number): number | undefined;
  dropBefore(offset: number): void;
  /** Says that the device paused here, in the middle of a line: what it shows may be a prompt. */
  settle(): void;
  /** The first pause after `offset`. */
  settledAfter(offset: number): number | undefined;
}

const smallPiece = 1024;
/** How far one step of a search reaches; larger steps join more pieces. */
const step = 4096;

export function createTextLog(): TextLog {
  let pieces: string[] = [];
  let starts: number[] = [];
  let settled: number[] = [];
  let start = 0;
  let end = 0;
  let wholeUntil = 0;

  const pieceAt = (offset: number): number => {
    const last = starts.length - 1;
    return offset >= (starts[last] ?? 0) ? last : firstAbove(starts, offset) - 1;
  };

  const slice = (from: number, to: number): string => {
    const low = Math.max(from, start);
    const high = Math.min(to, end);
    if (low >= high) return "";
    let index = pieceAt(low);
    const base = starts[index] ?? 0;
    let text = (pieces[index] ?? "").slice(low - base, high - base);
    while (low + text.length < high) {
      index++;
      text += (pieces[index] ?? "").slice(0, high - (starts[index] ?? 0));
    }
    return text;
  };

  const lastLineEnd = (after: number, until: number): number | undefined => {
    if (wholeUntil <= after) return undefined;
    if (wholeUntil <= until) return wholeUntil;
    for (let high = Math.min(until, end); high > after; high -= step) {
      const low = Math.max(after, high - step);
      const index = slice(low, high).lastIndexOf("\n");
      if (index >= 0) return Math.max(low, start) + index + 1;
    }
    return undefined;
  };

  return {
    get start() {
      return start;
    },
    get end() {
      return end;
    },
    get wholeUntil() {
      return wholeUntil;
    },
    append(text) {
      if (text === "") return;
      const last = pieces.length - 1;
      const tail = pieces[last];
      if (tail !== undefined && tail.length + text.length <= smallPiece) {
        pieces[last] = tail + text;
      } else {
        pieces.push(text);
        starts.push(end);
      }
      const lineFeed = text.lastIndexOf("\n");
      if (lineFeed >= 0) wholeUntil = end + lineFeed + 1;
      end += text.length;
    },
    slice,
    lineStart: (offset, limit) =>
      lastLineEnd(Math.max(start, offset - limit) - 1, offset) ?? Math.max(start, offset - limit),
    firstLineEnd(after, until) {
      if (wholeUntil <= after) return undefined;
      for (let low = Math.max(after, start); low < until; low += step) {
        const index = slice(low, Math.min(low + step, until)).indexOf("\n");
        if (index >= 0) return low + index + 1;
      }
      return undefined;
    },
    lastLineEnd,
    dropBefore(offset) {
      start = Math.max(start, Math.min(offset, end));
      const whole = pieceAt(start);
      // Moving the arrays costs as much as they are long, so it waits until it frees a good part of them.
      if (whole < 64 || whole * 4 < pieces.length) return;
      pieces = pieces.slice(whole);
      starts = starts.slice(whole);
      settled = settled.slice(firstAbove(settled, start));
    },
    settle() {
      if (end > wholeUntil && settled.at(-1) !== end) settled.push(end);
    },
    settledAfter: (offset) => ((settled.at(-1) ?? 0) > offset ? settled[firstAbove(settled, offset)] : undefined),
  };
}

/** Index of the first of the ascending numbers that is greater than `value`. */
export function firstAbove(numbers: readonly number[], value: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
