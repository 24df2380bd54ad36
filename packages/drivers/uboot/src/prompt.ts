import type { Console, ConsolePattern, ConsoleWaitOptions } from "@jumpstarter-ts/core";

export interface PromptWait {
  /** Default 60 seconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Fails the wait at once when one of these shows first. */
  readonly failOn?: ConsolePattern | readonly ConsolePattern[];
}

export const defaultTimeoutMs = 60_000;

/**
 * A text as a pattern that means just this text, as in a console's text patterns braces are captures; `before` is the
 * source of what comes before it.
 */
export function literally(text: string, before = ""): RegExp {
  const source = before + text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`);
  return new RegExp(source);
}

/** Sends a line and gives what came between its echo and the next prompt, without the last line feed. */
export async function ask(
  console: Console,
  line: string,
  prompt: RegExp,
  { timeoutMs = defaultTimeoutMs, signal, failOn }: PromptWait = {},
): Promise<string> {
  const since = console.mark();
  await console.sendLine(line, signal === undefined ? {} : { signal });
  const options: ConsoleWaitOptions = {
    since,
    timeout: timeoutMs,
    ...(signal === undefined ? {} : { signal }),
    ...(failOn === undefined ? {} : { failOn }),
  };
  const { start } = await console.waitFor(prompt, options);
  const said = console.textSince(since).slice(0, start - since.offset);
  // The device repeats what it is sent; its answer begins on the next line.
  const echoEnd = said.indexOf("\n");
  return echoEnd < 0 ? "" : said.slice(echoEnd + 1);
}
