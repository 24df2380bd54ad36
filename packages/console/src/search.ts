import { formatDuration, messageOf, type ConsolePattern } from "@jumpstarter-ts/core";

import { isBefore, type Decision, type Matcher } from "./decision.ts";
import { createMatcher } from "./matcher.ts";
import { lineAround } from "./nearest.ts";
import { compilePattern, type CompiledPattern } from "./pattern.ts";
import type { Recording } from "./recording.ts";
import { ConsoleWaitError, type WaitFailure } from "./wait-error.ts";
import { reportWait, withinText, type Since } from "./wait-report.ts";
import type { Ending, Waiter } from "./wait.ts";

/** What was found in one step of a search: which of its patterns, and where. */
export interface Found {
  readonly index: number;
  readonly decision: Decision;
}

export interface SearchOptions {
  readonly since: Since;
  readonly failOn: readonly ConsolePattern[];
  readonly timeoutMs: number;
}

/** Looks for one pattern after another; of the patterns of one step, for whichever is certain first. */
export function createSearch(
  recording: Recording,
  steps: readonly (readonly ConsolePattern[])[],
  { since, failOn, timeoutMs }: SearchOptions,
): Waiter<readonly Found[]> {
  const startedAt = recording.now();
  const compiled = steps.map((step) => step.map(compilePattern));
  const patterns = compiled.flat();
  const failing = failOn.map(compilePattern);
  const failMatchers = matchersFrom(recording, failing, since.mark.offset);
  const found: Found[] = [];
  let matchers = matchersFrom(recording, compiled[0] ?? [], since.mark.offset);

  function fail(reason: WaitFailure, summary: string, cause?: unknown): never {
    const missed = reason === "CONSOLE_FAILED_ON" ? [] : (compiled[found.length] ?? []);
    const report = reportWait(recording, { summary, since, startedAt, patterns, missed });
    throw new ConsoleWaitError(reason, report, cause);
  }

  /** `/b/ (2 of 3, after /a/)` */
  function missing(): string {
    const wanted = listed(compiled[found.length] ?? []);
    const previous = compiled[found.length - 1];
    if (compiled.length === 1) return wanted;
    return `${wanted} (${found.length + 1} of ${compiled.length} in order${previous ? `, after ${listed(previous)}` : ""})`;
  }

  return {
    look(isLast) {
      const failure = earliest(failMatchers, isLast);
      while (found.length < compiled.length) {
        const next = earliest(matchers, isLast);
        if (failure !== undefined && (next === undefined || isBefore(failure.decision, next.decision))) {
          const line = lineAround(recording, failure.decision.start, failure.decision.offset);
          const label = failing[failure.index]?.label ?? "";
          fail(
            "CONSOLE_FAILED_ON",
            `${recording.name} emitted ${JSON.stringify(line)} (failOn ${label}) instead of ${missing()}`,
          );
        }
        if (next === undefined) return undefined;
        found.push(next);
        matchers = matchersFrom(recording, compiled[found.length] ?? [], next.decision.end);
      }
      return { value: found };
    },
    finish(ending) {
      return fail(...describe(ending, recording, { missing: missing(), timeoutMs, startedAt }));
    },
  };
}

/** Looks for a pattern that must not come: a result when the time is over, an error as soon as it is there. */
export function createAbsence(
  recording: Recording,
  pattern: ConsolePattern,
  { since, failOn, timeoutMs }: SearchOptions,
): Waiter<undefined> {
  const startedAt = recording.now();
  const unwanted = [pattern, ...failOn].map(compilePattern);
  const matchers = matchersFrom(recording, unwanted, since.mark.offset);
  const within = withinText(timeoutMs);

  function fail(reason: WaitFailure, summary: string, cause?: unknown): never {
    throw new ConsoleWaitError(
      reason,
      reportWait(recording, { summary, since, startedAt, patterns: unwanted, missed: [] }),
      cause,
    );
  }

  return {
    look(isLast) {
      const found = earliest(matchers, isLast);
      if (found === undefined) return undefined;
      const line = JSON.stringify(lineAround(recording, found.decision.start, found.decision.offset));
      const label = unwanted[found.index]?.label ?? "";
      if (found.index > 0) return fail("CONSOLE_FAILED_ON", `${recording.name} emitted ${line} (failOn ${label})`);
      return fail("CONSOLE_UNWANTED_MATCH", `${recording.name} emitted ${line}, but must not emit ${label}${within}`);
    },
    finish(ending) {
      if (ending.kind === "timeout") return { value: undefined };
      return fail(...describe(ending, recording, { missing: `no ${unwanted[0]?.label ?? ""}`, timeoutMs, startedAt }));
    },
  };
}

/** Reason, sentence and cause of a wait that is over without a result. */
export function describe(
  ending: Ending,
  { name, now }: Recording,
  {
    missing,
    timeoutMs,
    startedAt,
  }: { readonly missing: string; readonly timeoutMs: number; readonly startedAt: number },
): [reason: WaitFailure, summary: string, cause?: unknown] {
  const waitedMs = now() - startedAt;
  if (ending.kind === "timeout") {
    // A deadline can also come from the signal, earlier than the timeout.
    const limit = waitedMs < timeoutMs - 1 ? ` within ${formatDuration(waitedMs)}` : withinText(timeoutMs);
    return ["CONSOLE_NO_MATCH", `${name} did not emit ${missing}${limit}`];
  }
  const why = ending.cause === undefined ? "" : `: ${messageOf(ending.cause)}`;
  return ending.kind === "ended"
    ? ["CONSOLE_ENDED", `${name} ended before it emitted ${missing}${why}`, ending.cause]
    : [
        "CONSOLE_WAIT_CANCELLED",
        `the wait for ${missing} on ${name} was cancelled after ${formatDuration(waitedMs)}${why}`,
        ending.cause,
      ];
}

function matchersFrom(recording: Recording, patterns: readonly CompiledPattern[], from: number): Matcher[] {
  return patterns.map((pattern) => createMatcher(recording.text, pattern, from, recording.window));
}

function earliest(matchers: readonly Matcher[], isLast: boolean): Found | undefined {
  let first: Found | undefined;
  for (const [index, matcher] of matchers.entries()) {
    const decision = matcher.advance() ?? (isLast ? matcher.peek() : undefined);
    if (decision !== undefined && (first === undefined || isBefore(decision, first.decision)))
      first = { index, decision };
  }
  return first;
}

function listed(patterns: readonly CompiledPattern[]): string {
  return patterns.map((pattern) => pattern.label).join(" or ");
}
