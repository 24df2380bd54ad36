import { decide, searchFrom, type Decision, type Matcher } from "./decision.ts";
import type { CompiledPattern } from "./pattern.ts";
import { createPointMatcher } from "./point-matcher.ts";
import type { TextLog } from "./text-log.ts";

/** Looks for a pattern from an offset on. The window bounds how long a match over several lines can be. */
export function createMatcher(log: TextLog, pattern: CompiledPattern, from: number, window: number): Matcher {
  return pattern.scan.kind === "fixed"
    ? createFixedMatcher(log, pattern, from, pattern.scan.length)
    : createPointMatcher(log, pattern, from, window);
}

const step = 64 * 1024;

function createFixedMatcher(log: TextLog, pattern: CompiledPattern, from: number, length: number): Matcher {
  /** No match begins before this offset. */
  let searched = from;
  let decision: Decision | undefined;
  const { literal } = pattern;

  function search(base: number, text: string): Decision | undefined {
    if (literal !== undefined) {
      const index = text.indexOf(literal, searched - base);
      if (index < 0) return undefined;
      const start = base + index;
      return { offset: start + length, start, end: start + length, text: literal, captures: {}, groups: [] };
    }
    const match = searchFrom(pattern.regex, text, searched - base);
    return match && decide(pattern, match, base, base + match.index + length);
  }

  return {
    advance() {
      searched = Math.max(searched, log.start);
      while (decision === undefined && searched + length <= log.end) {
        const high = Math.min(log.end, searched + step + length);
        // One character more in front, so that ^ sees whether a line begins.
        const base = Math.max(log.start, searched - 1);
        decision = search(base, log.slice(base, high));
        searched = high - length + 1;
      }
      return decision;
    },
    peek: () => decision,
  };
}
