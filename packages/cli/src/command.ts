import type { CommandInput, CommandOption, CommandParameter } from "@jumpstarter-ts/core";

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
  /** Of a group; beside `run`, what is called where the first word is none of these. A function is asked once, and late. */
  readonly commands?: readonly Command[] | (() => Promise<readonly Command[]>);
  /** The command in full: asked where it is called, so that what it needs is not loaded for its name alone. */
  readonly load?: () => Promise<Command>;
  /** Works, but is not shown: an older name. */
  readonly isHidden?: boolean;
  /** Its words, options too, are not looked at. */
  readonly takesAnything?: boolean;
  /** The answer is the exit code; nothing is 0. */
  readonly run?: (input: Input, io: Io) => Promise<number | void>;
}

export interface Option extends Omit<CommandOption, "complete"> {
  readonly isHidden?: boolean;
  /** For completion: what the value may be. */
  readonly complete?: Completer;
}

export interface Parameter extends Omit<CommandParameter, "complete"> {
  readonly complete?: Completer;
}

/** The words that may come next; `files` leaves it to the shell. */
export type Completer = "files" | ((io: Io) => Promise<readonly string[]> | readonly string[]);

export type Input = CommandInput;

/** The call is not one that the program understands; the sentence says which is. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command that a word calls among those of a group. */
export async function findCommand(group: Command, word: string): Promise<Command | undefined> {
  const commands = await commandsOf(group);
  const found =
    commands.find(({ name }) => name === word) ?? commands.find(({ aliases = [] }) => aliases.includes(word));
  return found?.load === undefined ? found : found.load();
}

/** Whether it can do nothing without a command of its own. */
export function isGroup({ commands, run }: Command): boolean {
  return commands !== undefined && run === undefined;
}

/** The commands of a group, asked for once. */
export async function commandsOf({ commands = [] }: Command): Promise<readonly Command[]> {
  if (typeof commands !== "function") return commands;
  let known = asked.get(commands);
  if (known === undefined) asked.set(commands, (known = commands()));
  return known;
}

const asked = new WeakMap<() => Promise<readonly Command[]>, Promise<readonly Command[]>>();
