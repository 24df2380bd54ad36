import type { Shell, ShellOptions } from "./shell.ts";
import type { Duration } from "./units.ts";

/**
 * What a console wait looks for. A `RegExp`; or a text, in which `{name}` captures up to the text that follows,
 * `{name:int}` and `{name:float}` capture a number, `{name:word}` no white space and `{name:line}` the rest of a line.
 */
export type ConsolePattern = string | RegExp;

/** The captures of a pattern, typed: `"U-Boot {version}, {ram:int} MiB"` gives `{ version: string; ram: number }`. */
export type Captures<P extends ConsolePattern> = P extends RegExp
  ? Readonly<Record<string, string>>
  : P extends `${string}{${infer Field}}${infer Rest}`
    ? Capture<Field> & Captures<Rest>
    : unknown;

type Capture<Field extends string> = Field extends `${infer Name}:${infer Kind}`
  ? { readonly [N in Name]: Kind extends "int" | "float" ? number : string }
  : { readonly [N in Field]: string };

/** A place in a recording. */
export interface ConsoleMark {
  readonly name: string;
  /** Characters from the start of the recording, control sequences not counted. */
  readonly offset: number;
  /** Milliseconds on the recorder's clock. */
  readonly at: number;
}

export interface ConsoleMatch {
  /** What matched, without control sequences. */
  readonly text: string;
  /** The whole line in which the match ends. */
  readonly line: string;
  /** Characters from the start of the recording. */
  readonly start: number;
  readonly end: number;
  /** When the chunk arrived that completed the match: milliseconds on the recorder's clock. */
  readonly at: number;
}

export interface ConsoleWaitOptions {
  /**
   * Where to look from: the start of the recording, now, a mark, or the name of one. Default: the end of the previous
   * successful wait of this console object, at first the moment at which it was made.
   */
  readonly since?: "start" | "now" | ConsoleMark | (string & {});
  /** Default 30 seconds. */
  readonly timeout?: Duration | number;
  readonly signal?: AbortSignal;
  /** Fails the wait at once when one of these shows first: a panic. */
  readonly failOn?: ConsolePattern | readonly ConsolePattern[];
}

/** The waiting side of a console recording. Nothing is consumed: waits may overlap and look back. */
export interface ConsoleWaits {
  /** Names this moment, to look from it later. */
  mark(name?: string): ConsoleMark;
  /** Resolves with the first match, also of what came before anyone waited. Rejects with what was seen instead. */
  waitFor<const P extends ConsolePattern>(
    pattern: P,
    options?: ConsoleWaitOptions,
  ): Promise<ConsoleMatch & Captures<P>>;
  /** Waits for whichever of several patterns matches first, and says which. */
  race<const R extends Readonly<Record<string, ConsolePattern>>>(
    patterns: R,
    options?: ConsoleWaitOptions,
  ): Promise<{ [N in keyof R]: { readonly which: N; readonly match: ConsoleMatch & Captures<R[N]> } }[keyof R]>;
  /** Waits for the patterns one after another. */
  waitForInOrder(patterns: readonly ConsolePattern[], options?: ConsoleWaitOptions): Promise<readonly ConsoleMatch[]>;
  /** Resolves once nothing has arrived for `quiet`; rejects when the timeout passes before. */
  waitForSilence(quiet: Duration | number, options?: ConsoleWaitOptions): Promise<void>;
  /** Resolves when the pattern has not shown for `during`; rejects at once when it shows. */
  expectAbsence(
    pattern: ConsolePattern,
    options: ConsoleWaitOptions & { readonly during: Duration | number },
  ): Promise<void>;
  /** What has arrived since a place in the recording, without control sequences. */
  textSince(since: ConsoleWaitOptions["since"]): string;
}

/** A device's console: what it says is recorded and waited for, what is sent goes to it. */
export interface Console extends ConsoleWaits {
  /** Sends text as it is. */
  send(text: string | Uint8Array, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Sends a line: the text and a line feed. */
  sendLine(text: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * A shell, reached by logging in if need be: commands with their output and exit code, whatever the kernel writes in
   * between. With `prompt`, something like one, such as U-Boot, whose exit codes are undefined where it has none.
   */
  shell(options: ShellOptions & { readonly prompt: RegExp }): Promise<Shell<number | undefined>>;
  shell(options?: ShellOptions & { readonly prompt?: never }): Promise<Shell>;
}
