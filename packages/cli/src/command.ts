import type { Io } from "./io.ts";

/** One command of a program, or a group of them: what is parsed, explained and completed from. */
export interface Command {
  readonly name: string;
  /** One line. */
  readonly help: string;
  /** Below it, in the command's own help. */
  readonly details?: string | undefined;
  readonly aliases?: readonly string[];
  readonly options?: readonly Option[];
  readonly parameters?: readonly Parameter[];
  /** Of a group. A function is asked once, and only where the group is entered. */
  readonly commands?: readonly Command[] | (() => Promise<readonly Command[]>);
  /** Works, but is not shown: an older name. */
  readonly isHidden?: boolean;
  /** Its words, options too, are not looked at. */
  readonly takesAnything?: boolean;
  /** The answer is the exit code; nothing is 0. */
  readonly run?: (input: Input, io: Io) => Promise<number | void>;
}

export interface Option {
  /** Without the dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly help: string;
  /** What the value is called in the help; an option without one is a flag. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly isRepeated?: boolean;
  readonly isHidden?: boolean;
  /** For completion: what the value may be. */
  readonly complete?: Completer;
}

export interface Parameter {
  /** As the help shows it: `ALIAS`. */
  readonly name: string;
  readonly help?: string | undefined;
  readonly choices?: readonly string[] | undefined;
  readonly isOptional?: boolean;
  /** Takes all that is left; the last one only. */
  readonly isRest?: boolean;
  readonly complete?: Completer;
}

/** The words that may come next; `files` leaves it to the shell. */
export type Completer = "files" | ((io: Io) => Promise<readonly string[]> | readonly string[]);

/** What was given to a command, checked against its options and parameters. */
export interface Input {
  /** The command as it was called: `jmp config client use`. */
  readonly called: string;
  isSet(option: string): boolean;
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  /** A parameter that is not optional. */
  word(parameter: string): string;
  optionalWord(parameter: string): string | undefined;
  words(parameter: string): readonly string[];
}

/** The call is not one that the program understands; the sentence says which is. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The commands of a group, asked for once. */
export async function commandsOf({ commands = [] }: Command): Promise<readonly Command[]> {
  if (typeof commands !== "function") return commands;
  let known = asked.get(commands);
  if (known === undefined) asked.set(commands, (known = commands()));
  return known;
}

const asked = new WeakMap<() => Promise<readonly Command[]>, Promise<readonly Command[]>>();
