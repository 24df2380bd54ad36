import { randomBytes } from "node:crypto";

import { anyKernelLines, interleaved, withoutKernelLines } from "./kernel-lines.ts";

/**
 * The marks of one shell. They differ from shell to shell and from command to command, and a terminal's echo of the line
 * that makes them never holds them: it ends in `$?`, and what is looked for ends in a number.
 */
export interface Framing {
  /** What the shell shows when it takes a command, and when it wants the rest of one. */
  readonly prompt: string;
  readonly more: string;
  /** Sets these, and proves that it is a shell which did. */
  readonly setUp: string;
  readonly isSetUp: RegExp;
  next(): Frame;
}

/** The exit code in a match of an end or an answer. */
export function exitCodeIn(match: string): number {
  return Number(/:(\d+)$/.exec(withoutKernelLines(match).trimEnd())?.[1]);
}

/** What surrounds the output of one command. */
export interface Frame {
  wrap(command: string): string;
  /** The end, with the exit code. */
  readonly end: RegExp;
  /** Asks for a sign of life, and for the last exit code. */
  readonly ask: string;
  readonly answer: RegExp;
  /** What the command wrote, in a text that ends where the end begins. */
  outputIn(text: string, kernelLines: "drop" | "keep"): string | undefined;
}

export function createFraming(): Framing {
  const id = `@j${randomBytes(3).toString("hex")}`;
  let count = 0;
  // A carriage return stays where the kernel wrote between it and its line feed.
  const end = `${anyKernelLines}\\r?${anyKernelLines}\n`;
  const numbered = (mark: string): RegExp =>
    new RegExp(`${interleaved(`${mark}:`)}${anyKernelLines}(\\d(?:${anyKernelLines}\\d)*)${end}`);
  const ready = `${id}r`;
  const [head, tail] = [id.slice(0, 4), id.slice(4)];
  return {
    prompt: `${id}> `,
    more: `${id}? `,
    // No prompt of its own command: a title, a clock.
    setUp: `PROMPT_COMMAND=; PS1='${head}''${tail}> '; PS2='${head}''${tail}? '; echo ${ready}:$((40+2))`,
    isSetUp: new RegExp(interleaved(`${ready}:42`)),
    next() {
      const own = `${id}${(++count).toString(36)}`;
      const begin = numbered(`${own}b`);
      return {
        wrap: (command) => `echo ${own}b:$?; ${command}; echo ${own}e:$?`,
        end: numbered(`${own}e`),
        ask: `echo ${own}q:$?`,
        answer: numbered(`${own}q`),
        outputIn(text, kernelLines) {
          const match = begin.exec(text);
          if (match === null) return undefined;
          const output = text.slice(match.index + match[0].length);
          return kernelLines === "keep" ? output : withoutKernelLines(output);
        },
      };
    },
  };
}
