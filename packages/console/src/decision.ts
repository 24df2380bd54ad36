import type { CompiledPattern } from "./pattern.ts";

/** Where a pattern matched, and the offset at which that became certain. Of several patterns the lowest offset wins. */
export interface Decision {
  /** The match was decided when the text reached to here. */
  readonly offset: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** What the pattern captured, by name. */
  readonly captures: object;
  /** What its groups captured, in order. */
  readonly groups: readonly (string | undefined)[];
}

/** Looks for one pattern in a recording that grows. What was searched once is not searched again. */
export interface Matcher {
  /** Searches what has come since the last call. */
  advance(): Decision | undefined;
  /** Searches the line that is not whole yet, as if nothing more would come. */
  peek(): Decision | undefined;
}

/** The first match that begins at `index` or later. */
export function searchFrom(regex: RegExp, text: string, index: number): RegExpExecArray | undefined {
  regex.lastIndex = Math.max(0, index);
  return regex.exec(text) ?? undefined;
}

/** The decision for a match in a text that begins at `base`. */
export function decide(pattern: CompiledPattern, match: RegExpExecArray, base: number, offset: number): Decision {
  const start = base + match.index;
  const [text, ...groups] = match;
  return { offset, start, end: start + text.length, text, captures: pattern.read(match), groups };
}

/** Whether one decision counts before another: certain at a lower offset, else beginning further left. */
export function isBefore(one: Decision, other: Decision): boolean {
  return one.offset < other.offset || (one.offset === other.offset && one.start < other.start);
}
