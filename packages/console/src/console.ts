import {
  JumpstarterError,
  parseDuration,
  type Captures,
  type ConsoleMatch,
  type ConsolePattern,
  type ConsoleWaitOptions,
  type ConsoleWaits,
  type Duration,
} from "@jumpstarter-ts/core";

import type { Decision } from "./decision.ts";
import { lineAround } from "./nearest.ts";
import { createMarks, findMark, timedLines, type Mark, type Recording, type TimedLine } from "./recording.ts";
import { createAbsence, createSearch, type Found } from "./search.ts";
import { createSilence, createStillness } from "./silence.ts";
import type { Since } from "./wait-report.ts";
import { wait } from "./wait.ts";

export interface ConsoleOptions {
  /** What `since: "start"` means, and where the first wait looks from. Default: the start of the recording, and now. */
  readonly from?: Mark;
  /** The timeout of a wait that names none. Default 30 seconds; `Infinity` waits until its signal. */
  readonly timeout?: Duration | number;
  /** Ends every wait of this console. */
  readonly signal?: AbortSignal;
  /** Fails every wait of this console, besides what the recorder's `failOn` does. */
  readonly failOn?: ConsolePattern | readonly ConsolePattern[];
}

/** A match in a recording. Captures are properties of it: `match.version`. */
export interface RecordedMatch extends ConsoleMatch {
  /** What the groups of the pattern captured, in order. */
  readonly groups: readonly (string | undefined)[];
}

/** A match with the captures of its pattern, typed. */
export type MatchOf<P extends ConsolePattern> = RecordedMatch & Captures<P>;

/** The waiting side of a recording, with a cursor: a wait looks from the end of the last successful one. */
export interface RecorderConsole extends ConsoleWaits {
  mark(name?: string): Mark;
  waitFor<const P extends ConsolePattern>(pattern: P, options?: ConsoleWaitOptions): Promise<MatchOf<P>>;
  race<const R extends Readonly<Record<string, ConsolePattern>>>(
    patterns: R,
    options?: ConsoleWaitOptions,
  ): Promise<{ [N in keyof R]: { readonly which: N; readonly match: MatchOf<R[N]> } }[keyof R]>;
  waitForInOrder(patterns: readonly ConsolePattern[], options?: ConsoleWaitOptions): Promise<readonly RecordedMatch[]>;
  /** Resolves when not one byte has come for `during`, from now on; rejects with the first that does. */
  staySilentFor(during: Duration | number, options?: Pick<ConsoleWaitOptions, "signal" | "since">): Promise<void>;
  /** The lines that have come since a place in the recording. */
  linesSince(since: ConsoleWaitOptions["since"]): readonly TimedLine[];
}

/** A console over a recording. Nothing it does changes what others see. */
export function createConsole(recording: Recording, options: ConsoleOptions = {}): RecorderConsole {
  const { text, raw, timeline } = recording;
  const nowMark = (name: string): Mark => ({ name, offset: text.end, byteOffset: raw.end, at: recording.now() });
  const marks = createMarks(() => nowMark(""));
  let cursor: Since = { mark: options.from ?? nowMark(""), label: "the start of this console" };

  function place(since: ConsoleWaitOptions["since"]): Since {
    if (since === undefined) return cursor;
    if (since === "start") return { mark: options.from ?? recording.beginning, label: "the start" };
    if (since === "now") return { mark: nowMark(""), label: "now" };
    if (typeof since === "string") return { mark: findMark(recording, marks, since), label: `mark "${since}"` };
    if (since.offset > text.end) {
      throw new JumpstarterError(
        `the mark "${since.name}" lies behind the end of ${recording.name}: it is of another recording`,
        {
          code: "invalid-argument",
          reason: "CONSOLE_UNKNOWN_MARK",
        },
      );
    }
    const mark = {
      ...since,
      byteOffset: "byteOffset" in since ? Number(since.byteOffset) : timeline.byteOfText(since.offset),
    };
    return { mark, label: since.name === "" ? "a mark" : `mark "${since.name}"` };
  }

  function limits({ timeout = options.timeout ?? 30_000, signal }: ConsoleWaitOptions) {
    const signals = [options.signal, signal].filter((each) => each !== undefined);
    return {
      timeoutMs: timeout === Infinity ? Infinity : parseDuration(timeout),
      signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
    };
  }

  const failOnOf = (given: ConsoleWaitOptions): ConsolePattern[] =>
    [given.failOn ?? [], options.failOn ?? [], recording.failOn].flat();

  function toMatch({ text: matched, start, end, offset, captures, groups }: Decision): RecordedMatch {
    const lastChar = Math.max(start, end - 1);
    const at = timeline.atOfText(lastChar) ?? recording.now();
    return { ...captures, text: matched, line: lineAround(recording, lastChar, offset), start, end, at, groups };
  }

  async function search(steps: readonly (readonly ConsolePattern[])[], given: ConsoleWaitOptions) {
    const { timeoutMs, signal } = limits(given);
    const since = place(given.since);
    const waiter = createSearch(recording, steps, { since, failOn: failOnOf(given), timeoutMs });
    const found = await wait(recording, waiter, { timeoutMs, signal });
    const matches = found.map(({ index, decision }: Found) => ({ index, match: toMatch(decision) }));
    const last = matches.at(-1)?.match;
    if (last !== undefined) {
      const mark = { name: "", offset: last.end, byteOffset: timeline.byteOfText(last.end), at: last.at };
      cursor = { mark, label: "the previous match" };
    }
    return matches;
  }

  return {
    mark: (name) => marks.add(name),
    async waitFor<const P extends ConsolePattern>(pattern: P, given: ConsoleWaitOptions = {}) {
      const [first] = await search([[pattern]], given);
      // The pattern was compiled from P, so its captures are those that P spells out.
      return first?.match as MatchOf<P>;
    },
    async race<const R extends Readonly<Record<string, ConsolePattern>>>(patterns: R, given: ConsoleWaitOptions = {}) {
      const [first] = await search([Object.values(patterns)], given);
      // The index counts the entries of R in order, so name and captures belong together.
      return { which: Object.keys(patterns)[first?.index ?? 0], match: first?.match } as {
        [N in keyof R]: { readonly which: N; readonly match: MatchOf<R[N]> };
      }[keyof R];
    },
    async waitForInOrder(patterns, given = {}) {
      const found = await search(
        patterns.map((pattern) => [pattern]),
        given,
      );
      return found.map(({ match }) => match);
    },
    async waitForSilence(quiet, given = {}) {
      const { timeoutMs, signal } = limits(given);
      const silence = { since: place(given.since ?? "now"), quietMs: parseDuration(quiet), timeoutMs };
      await wait(recording, createSilence(recording, silence), { timeoutMs, signal });
    },
    async staySilentFor(during, given = {}) {
      const { signal } = limits(given);
      const timeoutMs = parseDuration(during);
      const stillness = createStillness(recording, {
        since: place(given.since ?? "now"),
        quietMs: timeoutMs,
        timeoutMs,
      });
      await wait(recording, stillness, { timeoutMs, signal });
    },
    async expectAbsence(pattern, given) {
      const { signal } = limits(given);
      const timeoutMs = parseDuration(given.during);
      const absence = createAbsence(recording, pattern, {
        since: place(given.since),
        failOn: failOnOf(given),
        timeoutMs,
      });
      await wait(recording, absence, { timeoutMs, signal });
    },
    textSince: (since) => text.slice(place(since).mark.offset, text.end),
    linesSince: (since) => timedLines(recording, place(since).mark.offset),
  };
}
