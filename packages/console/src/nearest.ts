import { searchFrom } from "./decision.ts";
import type { CompiledPattern } from "./pattern.ts";
import type { Recording } from "./recording.ts";

/** The line that came closest to a pattern, and what it lacked. */
export interface NearestMatch {
  /** Offset at which the similar text begins. */
  readonly offset: number;
  /** When its last character came. */
  readonly at: number;
  readonly line: string;
  /** `matches 9 of 11 characters`. */
  readonly explanation: string;
}

/** Failures look back this far, and no further, for what was similar. */
const farthest = 64 * 1024;

/** What came closest, best first: nothing when nothing was similar enough to be worth a look. */
export function nearestMatches(recording: Recording, pattern: CompiledPattern, since: number): NearestMatch[] {
  const { text } = recording;
  const from = Math.max(since, text.end - farthest, text.start);
  const found = [
    differentCase(recording, pattern, from),
    beginning(recording, pattern, from),
    beforeSince(recording, pattern, since),
  ];
  return found.filter((nearest) => nearest !== undefined);
}

function differentCase(recording: Recording, pattern: CompiledPattern, from: number): NearestMatch | undefined {
  if (pattern.regex.flags.includes("i")) return undefined;
  const regex = new RegExp(pattern.regex.source, `${pattern.regex.flags}i`);
  return last(recording, regex, from, recording.text.end, () => "matches but for upper and lower case");
}

function beforeSince(recording: Recording, pattern: CompiledPattern, since: number): NearestMatch | undefined {
  const explanation = (): string => `matches, but came before the wait looks: pass { since: "start" } or a mark`;
  return last(recording, pattern.regex, since - farthest, since, explanation);
}

/** The longest beginning of the pattern that the device did show, where it showed it last. */
function beginning(recording: Recording, pattern: CompiledPattern, from: number): NearestMatch | undefined {
  let best: { readonly share: number; readonly nearest: NearestMatch } | undefined;
  for (const terms of pattern.alternatives) {
    // Two characters in common are chance; so is less than a third of the pattern.
    const fewest = Math.max(terms.length > 3 ? 3 : 1, Math.ceil(terms.length / 3));
    for (let count = terms.length - 1; count >= fewest && count / terms.length > (best?.share ?? 0); count--) {
      const source = terms.slice(0, count).join("");
      const regex = tryRegex(source, pattern.regex.flags);
      if (regex === undefined || regex.test("")) continue;
      const nearest = last(recording, regex, from, recording.text.end, (isIncomplete) => {
        const extent =
          pattern.literal === undefined ? `as far as /${source}/` : `${count} of ${terms.length} characters`;
        return `${isIncomplete ? "line incomplete: " : ""}matches ${extent}`;
      });
      if (nearest !== undefined) best = { share: count / terms.length, nearest };
    }
  }
  return best?.nearest;
}

function tryRegex(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    // Part of a pattern need not be a pattern: a reference to a group that is not there any more.
    return undefined;
  }
}

/** The last match in a stretch of the recording. */
function last(
  recording: Recording,
  regex: RegExp,
  from: number,
  until: number,
  explain: (isIncomplete: boolean) => string,
): NearestMatch | undefined {
  const { text, timeline } = recording;
  const base = Math.max(0, from, text.start);
  const stretch = text.slice(base, until);
  let found: RegExpExecArray | undefined;
  let index = 0;
  for (;;) {
    const match = searchFrom(regex, stretch, index);
    if (match === undefined || match[0] === "") break;
    found = match;
    index = match.index + match[0].length;
  }
  if (found === undefined) return undefined;
  const offset = base + found.index;
  const end = base + index;
  return {
    offset,
    at: timeline.atOfText(end - 1) ?? 0,
    line: lineAround(recording, offset, text.end),
    explanation: explain(offset >= text.wholeUntil),
  };
}

/** The line that holds an offset, as far as it had come at `until`, cut to what a person can read. */
export function lineAround({ text }: Recording, offset: number, until: number): string {
  const low = text.lineStart(offset, 2000);
  const stretch = text.slice(low, Math.min(until, offset + 2000));
  const lineFeed = stretch.indexOf("\n", offset - low);
  return lineFeed < 0 ? stretch : stretch.slice(0, lineFeed);
}
