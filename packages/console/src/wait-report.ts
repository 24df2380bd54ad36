import { formatDuration } from "@jumpstarter-ts/core";

import { nearestMatches, type NearestMatch } from "./nearest.ts";
import type { CompiledPattern } from "./pattern.ts";
import { tailLines, type Mark, type Recording, type TimedLine } from "./recording.ts";

/** All that is known about a wait that failed. Times are milliseconds on the recorder's clock. */
export interface WaitReport {
  /** The name of the console. */
  readonly console: string;
  /** What happened, in one line: `console did not emit /login:/ within 30s`. */
  readonly summary: string;
  /** The patterns that were waited for, as their author wrote them. */
  readonly patterns: readonly string[];
  /** From where the wait looked, in words, and when that was. */
  readonly since: { readonly label: string; readonly offset: number; readonly at: number };
  readonly startedAt: number;
  readonly endedAt: number;
  /** What came since then. */
  readonly bytes: number;
  readonly lines: number;
  readonly lastByteAt: number | undefined;
  /** Bytes of the recording that were already dropped, when the wait looked back that far. */
  readonly droppedBytes: number;
  /** What the device was made to do meanwhile, and the last thing before. */
  readonly notes: readonly TimedLine[];
  readonly nearest: readonly NearestMatch[];
  readonly lastLines: readonly (TimedLine & { readonly isNearest: boolean })[];
}

/** Where a wait looks from, and how a person calls that place. */
export interface Since {
  readonly mark: Mark;
  readonly label: string;
}

export interface ReportedWait {
  readonly summary: string;
  readonly since: Since;
  readonly startedAt: number;
  readonly patterns: readonly CompiledPattern[];
  /** The patterns whose nearest match is of interest. Default: all. */
  readonly missed?: readonly CompiledPattern[];
}

const shownLines = 10;

/** Looks at the recording as it is now. */
export function reportWait(
  recording: Recording,
  { summary, since, startedAt, patterns, missed }: ReportedWait,
): WaitReport {
  const { text, timeline, raw } = recording;
  const { mark, label } = since;
  const nearest = (missed ?? patterns)
    .flatMap((pattern) => nearestMatches(recording, pattern, mark.offset))
    .slice(0, 4);
  const earlier = recording.notes.findLast((note) => note.at < mark.at);
  const tail = tailLines(recording, shownLines);
  return {
    console: recording.name,
    summary,
    patterns: patterns.map((pattern) => pattern.label),
    since: { label, offset: mark.offset, at: mark.at },
    startedAt,
    endedAt: recording.now(),
    bytes: Math.max(0, raw.end - mark.byteOffset),
    lines: countLines(recording, mark.offset),
    lastByteAt: timeline.lastAt,
    droppedBytes: mark.offset < text.start ? raw.start - mark.byteOffset : 0,
    notes: [...(earlier ? [earlier] : []), ...recording.notes.filter((note) => note.at >= mark.at)],
    nearest,
    lastLines: tail.map((line) => ({ ...line, isNearest: isNearest(line, nearest) })),
  };
}

function isNearest(line: TimedLine, nearest: readonly NearestMatch[]): boolean {
  return nearest[0] !== undefined && nearest[0].line === line.text && Math.abs(line.at - nearest[0].at) < 1000;
}

function countLines({ text }: Recording, from: number): number {
  let lines = 0;
  const step = 64 * 1024;
  for (let low = Math.max(from, text.start); low < text.end; low += step) {
    const stretch = text.slice(low, low + step);
    for (let at = stretch.indexOf("\n"); at >= 0; at = stretch.indexOf("\n", at + 1)) lines++;
  }
  return text.end > Math.max(text.wholeUntil, from) ? lines + 1 : lines;
}

/** Rows that others add to the report: the device above it, the trace below it. */
export interface ReportRows {
  readonly above?: readonly (readonly [label: string, text: string])[];
  readonly below?: readonly (readonly [label: string, text: string])[];
}

/** The report as text, the same in a terminal, in HTML and in JUnit. Times count from where the wait looked from. */
export function formatWaitReport(report: WaitReport, { above = [], below = [] }: ReportRows = {}): string {
  const { since, nearest, lastLines, notes } = report;
  const time = (at: number): string => `t=${((at - since.at) / 1000).toFixed(3)}`;
  const row = ([label, text]: readonly [string, string]): string => `  ${label.padEnd(9)} ${text}`;
  const meanwhile = notes.map((note) => `${note.text} at ${time(note.at)}`).join("  ·  ");
  return [
    report.summary,
    ...above.map(row),
    row(["Waited", `from ${since.label} (${time(since.at)}) to ${time(report.endedAt)}, ${seen(report, time)}`]),
    ...(report.droppedBytes > 0
      ? [row(["Dropped", `the oldest ${grouped(report.droppedBytes)} bytes of these were no longer kept (maxBytes)`])]
      : []),
    ...(meanwhile === "" ? [] : [row(["Meanwhile", meanwhile])]),
    ...nearest.map(({ at, line, explanation }, index) =>
      row([index === 0 ? "Nearest" : "", `${time(at)}  ${JSON.stringify(line)}   (${explanation})`]),
    ),
    ...(lastLines.length === 0 ? [] : ["  Last lines"]),
    ...lastLines.map(({ at, text, isNearest }) => `  ${isNearest ? "▸" : " "} ${time(at)}  ${visible(text)}`),
    ...below.map(row),
  ].join("\n");
}

function seen({ bytes, lines, lastByteAt, since }: WaitReport, time: (at: number) => string): string {
  if (bytes === 0) {
    const before = lastByteAt === undefined ? "nothing ever came" : `the last byte came at ${time(lastByteAt)}`;
    return `0 bytes: ${before}`;
  }
  const last = lastByteAt === undefined || lastByteAt < since.at ? "" : `; last byte at ${time(lastByteAt)}`;
  return `${grouped(bytes)} ${bytes === 1 ? "byte" : "bytes"}, ${grouped(lines)} ${lines === 1 ? "line" : "lines"}${last}`;
}

/** 18231 as `18 231`. */
function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, " ");
}

/** Control characters as their Unicode pictures, and no more of a line than fits. */
function visible(line: string): string {
  const shown = line.length > 200 ? `${line.slice(0, 200)}… (${grouped(line.length)} characters)` : line;
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  return shown.replaceAll(/[\0-\x08\x0b-\x1f\x7f]/g, (char) =>
    String.fromCodePoint(0x2400 + (char === "\x7f" ? 0x21 : (char.codePointAt(0) ?? 0))),
  );
}

/** How long a wait was willing to wait: ` within 30s`, or nothing when it would wait for ever. */
export function withinText(timeoutMs: number): string {
  return Number.isFinite(timeoutMs) ? ` within ${formatDuration(timeoutMs)}` : "";
}
