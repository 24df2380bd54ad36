import { createRecorder } from "../src/recorder.ts";
import type { ShellConsole } from "../src/shell/shell.ts";

export interface FakeShell {
  readonly console: ShellConsole;
  /** What was sent, line by line. */
  readonly lines: readonly string[];
}

/** What a device sends in answer to a line, in the pieces in which it comes. */
export type Deliver = (text: string) => readonly Uint8Array[];

export interface FakeShellOptions {
  readonly deliver: Deliver;
  readonly output: string;
  readonly exitCode: number;
  /** How the terminal repeats a line. */
  readonly echo: (line: string) => string;
  readonly settle?: number;
}

/** A shell of which every byte is in the test's hand: it knows the few lines that our shell sends. */
export function createFakeShell({ deliver, output, exitCode, echo, settle = 5 }: FakeShellOptions): FakeShell {
  const recorder = createRecorder({ settle });
  const lines: string[] = [];
  let prompt = "# ";
  const say = (text: string): void => {
    for (const chunk of deliver(text)) if (chunk.length > 0) recorder.push(chunk);
  };
  const answer = (line: string): string => {
    const setUp = /PS1='(.*?)''(.*?)'; .*; echo (\S+):\$\(\(40\+2\)\)$/.exec(line);
    if (setUp !== null) {
      prompt = `${setUp[1]}${setUp[2]}`;
      return `${setUp[3]}:42\r\n`;
    }
    const run = /^echo (\S+):\$\?; (?:.*); echo (\S+):\$\?$/.exec(line);
    if (run !== null) return `${run[1]}:0\r\n${output.replaceAll("\n", "\r\n")}${run[2]}:${exitCode}\r\n`;
    const ask = /^echo (\S+):\$\?$/.exec(line);
    return ask === null ? "" : `${ask[1]}:${exitCode}\r\n`;
  };
  return {
    lines,
    console: {
      ...recorder.console(),
      async send(text) {
        for (const line of text.split("\n").slice(0, -1)) {
          lines.push(line);
          say(`${echo(line)}${answer(line)}${prompt}`);
        }
      },
    },
  };
}
