import { JumpstarterError, type ShellArgument } from "@jumpstarter-ts/core";

const utf8 = new TextEncoder();

/** The command of a template: its arguments quoted, so that the shell takes each as it is. */
export function quoteTemplate(texts: readonly string[], args: readonly ShellArgument[]): string {
  return texts.map((text, index) => (index === 0 ? text : quote(args[index - 1] ?? "") + text)).join("");
}

function quote(argument: ShellArgument): string {
  if (typeof argument === "object") return argument.map(quote).join(" ");
  const text = String(argument);
  if (/^[\w%+,./:@=-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** How a command is given to a shell: lines that prepare it, then what runs it, in the shell itself. */
export interface CommandLines {
  readonly before: readonly string[];
  readonly command: string;
}

/**
 * A command as lines of at most so many characters, of which none does anything but what it should: whatever the shell
 * or its line editor would take for more than text (line feeds, tabs, history, comments) goes as escape sequences for
 * `printf`, a long command piece by piece into a variable.
 */
export function toLines(command: string, maxLine: number): CommandLines {
  if (command.includes("\0")) throw badCommand(command, "holds a NUL, which no shell takes");
  if (isPlain(command) && command.length <= maxLine) return { before: [], command };
  const escaped = escape(command);
  if (escaped.length <= maxLine) return { before: [], command: `eval "$(printf %b '${escaped}')"` };
  const pieces: string[] = [];
  for (let start = 0; start < escaped.length; start += maxLine) pieces.push(escaped.slice(start, start + maxLine));
  return {
    before: pieces.map((piece, index) => `jmp_command=${index === 0 ? "" : '"$jmp_command"'}'${piece}'`),
    command: 'eval "$(printf %b "$jmp_command")"',
  };
}

/** What every shell and line editor takes as it is, and what leaves the rest of its line alone. */
function isPlain(command: string): boolean {
  return /^[ -~]*$/.test(command) && !/[!#]|<<|[&;|\\]\s*$|^\s*$/.test(command);
}

/** For `printf %b` between single quotes. */
function escape(command: string): string {
  let escaped = "";
  for (const byte of utf8.encode(command)) {
    const char = String.fromCodePoint(byte);
    const isText = byte >= 0x20 && byte < 0x7f && !"\\'!".includes(char);
    escaped += isText ? char : `\\0${byte.toString(8).padStart(3, "0")}`;
  }
  return escaped;
}

export function badCommand(command: string, why: string): JumpstarterError {
  return new JumpstarterError(`the command ${JSON.stringify(command.slice(0, 200))} ${why}`, {
    code: "invalid-argument",
    reason: "SHELL_BAD_COMMAND",
  });
}
