import { clock, JumpstarterError, parseDuration, type ConsolePattern, type Duration } from "@jumpstarter-ts/core";

import { createByteLog } from "./byte-log.ts";
import { after } from "./clock.ts";
import { createConsole, type ConsoleOptions, type RecorderConsole } from "./console.ts";
import { createPlainTextDecoder } from "./plain-text.ts";
import { createMarks, tailLines, timedLines, type Mark, type Recording, type TimedLine } from "./recording.ts";
import { createTextLog } from "./text-log.ts";
import { createTimeline } from "./timeline.ts";

export interface RecorderOptions {
  /** Names the console in errors. Default `console`. */
  readonly name?: string;
  /** The recorder's clock in milliseconds; never goes back. Default: the real monotonic clock. */
  readonly now?: () => number;
  /** How many bytes are kept; the oldest go first, and a wait that looked back that far says so. Default 256 MiB. */
  readonly maxBytes?: number;
  /** Fails every wait on this recording at once: a panic. Default: nothing. */
  readonly failOn?: ConsolePattern | readonly ConsolePattern[];
  /** How long nothing must come until the text of a line that is not whole counts as a prompt. Default 50 ms. */
  readonly settle?: Duration | number;
  /** How many characters back a match over several lines, or within one very long line, can begin. Default 65536. */
  readonly window?: number;
}

/**
 * Everything that a console said, with the time at which it came. Nothing is ever consumed: any number of consoles look
 * at the same recording, each from where it likes.
 */
export interface Recorder {
  readonly name: string;
  /** Adds what the device sent. `at` is on the recorder's clock, by default now. The bytes are copied. */
  push(chunk: Uint8Array, at?: number): void;
  /** Says that nothing more will come, and why: pending waits reject with `CONSOLE_ENDED`. Harmless when repeated. */
  end(error?: unknown): void;
  readonly isEnded: boolean;
  /** Adds an event of the device, such as `power on`; failures show it under "Meanwhile". */
  note(text: string, at?: number): void;
  /** Names this moment for every console of this recording. */
  mark(name?: string): Mark;
  /** The first moment of the recording. */
  readonly beginning: Mark;
  /** A fresh waiting face with a cursor of its own, such as a test attempt gets. */
  console(options?: ConsoleOptions): RecorderConsole;
  /** How many bytes and characters have come, the dropped ones included. */
  readonly byteLength: number;
  readonly textLength: number;
  /** The text between two offsets, without control sequences. Default: all that is kept. */
  text(from?: number, to?: number): string;
  /** The lines from an offset on, each with the time at which its last character came. */
  lines(from?: number): readonly TimedLine[];
  /** The last lines, oldest first; no more than 64 Ki characters of them. */
  tail(count: number): readonly TimedLine[];
  /** The bytes as they came, control sequences included, between two byte offsets. Default: all that is kept. */
  bytes(from?: number, to?: number): Uint8Array;
}

/** Starts a recording. It opens nothing: push what arrives. */
export function createRecorder(options: RecorderOptions = {}): Recorder {
  const { name = "console", now = clock.now, maxBytes = 256 * 1024 * 1024, failOn = [], window = 64 * 1024 } = options;
  const settleMs = parseDuration(options.settle ?? 50);
  const text = createTextLog();
  const raw = createByteLog();
  const timeline = createTimeline();
  const decoder = createPlainTextDecoder();
  const listeners = new Set<() => void>();
  const notes: { at: number; text: string }[] = [];
  const startedAt = now();
  let ended: { readonly error?: unknown } | undefined;
  let lastPushAt = clock.now();
  let settling: Disposable | undefined;

  const recording: Recording = {
    name,
    now,
    text,
    timeline,
    raw,
    notes,
    failOn: [failOn].flat(),
    window,
    marks: createMarks(() => ({ offset: text.end, byteOffset: raw.end, at: now() })),
    beginning: { name: "the start of the recording", offset: 0, byteOffset: 0, at: startedAt },
    quietForMs: () => clock.now() - lastPushAt,
    get ended() {
      return ended;
    },
    subscribe(listener) {
      listeners.add(listener);
      settleLater();
      return {
        [Symbol.dispose]: () => {
          listeners.delete(listener);
          if (listeners.size === 0) stopSettling();
        },
      };
    },
  };

  function tellAll(): void {
    for (const listener of listeners) listener();
  }

  /** While somebody waits and a line is not whole: looks whether the device pauses. One timer, however many chunks. */
  function settleLater(): void {
    if (settling !== undefined || listeners.size === 0 || text.end === text.wholeUntil || ended !== undefined) return;
    settling = after(Math.max(0, lastPushAt + settleMs - clock.now()), () => {
      settling = undefined;
      if (clock.now() - lastPushAt < settleMs) {
        settleLater();
        return;
      }
      text.settle();
      tellAll();
    });
  }

  function stopSettling(): void {
    settling?.[Symbol.dispose]();
    settling = undefined;
  }

  function append(added: string, at: number): void {
    text.append(added);
    timeline.add(at, text.end, raw.end);
    if (raw.end - raw.start <= maxBytes) return;
    const cut = timeline.textOfByte(raw.end - maxBytes);
    raw.dropBefore(raw.end - maxBytes);
    text.dropBefore(cut);
    timeline.dropBefore(cut);
  }

  return {
    name,
    beginning: recording.beginning,
    push(chunk, at = now()) {
      if (ended !== undefined) {
        throw new JumpstarterError(
          `${name} has ended, so ${chunk.length} bytes cannot be added; start a new recording`,
          {
            code: "failed-precondition",
            reason: "CONSOLE_ENDED",
          },
        );
      }
      if (chunk.length === 0) return;
      const lastAt = timeline.lastAt ?? at;
      if (at - lastAt >= settleMs) text.settle();
      raw.append(chunk);
      append(decoder.write(chunk), Math.max(at, lastAt));
      lastPushAt = clock.now();
      tellAll();
      settleLater();
    },
    end(error) {
      if (ended !== undefined) return;
      append(decoder.end(), timeline.lastAt ?? now());
      text.settle();
      ended = error === undefined ? {} : { error };
      stopSettling();
      tellAll();
    },
    get isEnded() {
      return ended !== undefined;
    },
    note(event, at = now()) {
      notes.push({ at, text: event });
    },
    mark: (markName) => recording.marks.add(markName),
    console: (consoleOptions) => createConsole(recording, consoleOptions),
    get byteLength() {
      return raw.end;
    },
    get textLength() {
      return text.end;
    },
    text: (from = text.start, to = text.end) => text.slice(from, to),
    lines: (from = text.start) => timedLines(recording, from),
    tail: (count) => tailLines(recording, count),
    bytes: (from = raw.start, to = raw.end) => raw.slice(from, to),
  };
}
