import { JumpstarterError, type ConsoleMark, type ConsolePattern } from "@jumpstarter-ts/core";

import type { ByteLog } from "./byte-log.ts";
import type { TextLog } from "./text-log.ts";
import type { Timeline } from "./timeline.ts";

/** A place in a recording: how much had come, and when. Plain data, so it can cross to another process. */
export interface Mark extends ConsoleMark {
  /** Bytes from the start of the recording. */
  readonly byteOffset: number;
}

/** A line and when its last character came, in milliseconds on the recorder's clock. */
export interface TimedLine {
  readonly at: number;
  readonly text: string;
}

/** What the waits of this package see of a recorder. */
export interface Recording {
  readonly name: string;
  readonly now: () => number;
  readonly text: TextLog;
  readonly timeline: Timeline;
  readonly raw: ByteLog;
  readonly notes: readonly TimedLine[];
  readonly failOn: readonly ConsolePattern[];
  readonly window: number;
  readonly marks: Marks;
  readonly beginning: Mark;
  /** For how long nothing has come, in milliseconds of the real clock. */
  quietForMs(): number;
  readonly ended: { readonly error?: unknown } | undefined;
  /** Calls the listener whenever there is more to see, until it is disposed. */
  subscribe(listener: () => void): Disposable;
}

/** Marks by name; the newest of a name counts. */
export interface Marks {
  add(name?: string): Mark;
  get(name: string): Mark | undefined;
  names(): readonly string[];
}

export function createMarks(place: () => Omit<Mark, "name">): Marks {
  const byName = new Map<string, Mark>();
  return {
    add(name = "") {
      const mark = { name, ...place() };
      if (name !== "") byName.set(name, mark);
      return mark;
    },
    get: (name) => byName.get(name),
    names: () => [...byName.keys()],
  };
}

/** The mark of this name, the console's own first; throws `not-found` with the names there are. */
export function findMark(recording: Recording, own: Marks, name: string): Mark {
  const mark = own.get(name) ?? recording.marks.get(name);
  if (mark !== undefined) return mark;
  const names = [...new Set([...own.names(), ...recording.marks.names()])];
  const known =
    names.length === 0 ? "there are no marks yet" : `there is ${names.map((each) => `"${each}"`).join(", ")}`;
  throw new JumpstarterError(`${recording.name} has no mark "${name}": ${known}; set it with mark("${name}") first`, {
    code: "not-found",
    reason: "CONSOLE_UNKNOWN_MARK",
  });
}

/** The lines from an offset on. What is behind the last line feed counts when it is not empty. */
export function timedLines({ text, timeline }: Recording, from: number): TimedLine[] {
  const lines = text.slice(from, text.end).split("\n");
  let end = Math.max(from, text.start);
  const timed = lines.map((line) => {
    const at = timeline.atOfText(Math.max(0, end + line.length - 1)) ?? 0;
    end += line.length + 1;
    return { at, text: line };
  });
  if (timed.at(-1)?.text === "") timed.pop();
  return timed;
}

/** No failure shows more of the end of a recording than this. */
const longestTail = 64 * 1024;

/** The last lines, oldest first. */
export function tailLines(recording: Recording, count: number): TimedLine[] {
  const { text } = recording;
  const lowest = Math.max(text.start, text.end - longestTail);
  let from = text.end;
  for (let lines = 0; lines < count && from > lowest; lines++) {
    from = text.lastLineEnd(lowest, from - 1) ?? lowest;
  }
  return timedLines(recording, from);
}
