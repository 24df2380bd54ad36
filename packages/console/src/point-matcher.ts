import { decide, searchFrom, type Decision, type Matcher } from "./decision.ts";
import type { CompiledPattern } from "./pattern.ts";
import type { TextLog } from "./text-log.ts";

/**
 * Looks for patterns whose match more text could change (`/temp=(\d+)/`, `/login: $/`). Such a pattern is looked for at
 * moments that depend on what the device sent and when, never on how it was cut into chunks:
 *
 * - at the end of each line,
 * - where the device paused in the middle of a line (a prompt),
 * - in a line longer than the window, each time it has grown by half a window.
 *
 * Lines up to the window are searched many at a time, which gives the same result and is what makes it fast.
 */
export function createPointMatcher(log: TextLog, pattern: CompiledPattern, from: number, window: number): Matcher {
  const { regex } = pattern;
  const spansLines = pattern.scan.kind === "span";
  /** All points up to here have been looked at. */
  let searched = from;
  let lineStart: number | undefined;
  let decision: Decision | undefined;

  /** The first offset of a search that ends at `until`, and may look back for the length of the window. */
  const lowest = (until: number, line: number): number =>
    Math.max(log.start, spansLines ? until - window : Math.max(line, until - window));

  /** Searches one stretch of text; `decided` says at which offset a match in it is certain. */
  function search(low: number, high: number, decided: (text: string, match: RegExpExecArray, base: number) => number) {
    // One character more in front, so that ^ and \b see what is before.
    const base = Math.max(log.start, low - 1);
    const text = log.slice(base, high);
    const match = searchFrom(regex, text, Math.max(from, low) - base);
    return match && decide(pattern, match, base, decided(text, match, base));
  }

  /** One or more whole lines that end at `until` and together are no longer than the window. */
  function searchLines(line: number, until: number): Decision | undefined {
    if (!spansLines) {
      return search(lowest(until - 1, line), until - 1, (text, match, base) => {
        const lineFeed = text.indexOf("\n", match.index + match[0].length);
        return lineFeed < 0 ? until : base + lineFeed + 1;
      });
    }
    const first = search(lowest(searched, line), until, () => until);
    if (first === undefined) return undefined;
    // There is a match. Which is the first line end at which it was one?
    let end = log.firstLineEnd(Math.max(searched, first.start - 1), until);
    while (end !== undefined) {
      const at = end;
      const found = search(lowest(at, line), at, () => at);
      if (found !== undefined) return found;
      end = log.firstLineEnd(at, until);
    }
    return undefined;
  }

  const searchPartial = (line: number, at: number): Decision | undefined => search(lowest(at, line), at, () => at);

  /** Looks at the next point or points; false when they have not come yet. */
  function lookOnce(): boolean {
    searched = Math.max(searched, log.start);
    lineStart ??= log.lineStart(searched, window);
    const line = lineStart;
    const pause = log.settledAfter(searched);
    const limit = pause ?? log.end;
    const reach = Math.min(limit, line + window);
    const lines = reach > searched ? log.lastLineEnd(searched, reach) : undefined;
    if (lines !== undefined) {
      decision = searchLines(line, lines);
      lineStart = lines;
      searched = lines;
      return true;
    }
    const half = window / 2;
    const beyond = searched - line - window;
    const next = line + window + (beyond < 0 ? 0 : (Math.floor(beyond / half) + 1) * half);
    const lineEnd = limit > reach ? log.firstLineEnd(searched, Math.min(limit, next)) : undefined;
    if (lineEnd !== undefined) {
      decision = searchLines(line, lineEnd);
      lineStart = lineEnd;
      searched = lineEnd;
    } else if (next < limit) {
      // The line goes on, so what touches its present end is not a match yet.
      const found = searchPartial(line, next);
      decision = found !== undefined && found.end < next ? found : undefined;
      searched = next;
    } else if (pause !== undefined) {
      decision = searchPartial(line, pause);
      searched = pause;
    } else {
      return false;
    }
    return true;
  }

  return {
    advance() {
      while (decision === undefined && lookOnce());
      return decision;
    },
    peek() {
      if (decision !== undefined || log.end <= searched) return decision;
      return searchPartial(lineStart ?? log.lineStart(searched, window), log.end);
    },
  };
}
