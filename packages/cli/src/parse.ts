import { commandsOf, findCommand, isGroup, UsageError, type Command, type Input, type Option } from "./command.ts";

export interface Parsed {
  readonly command: Command;
  /** `jmp config client`. */
  readonly called: string;
  /** From the root to the command. */
  readonly path: readonly Command[];
  readonly wantsHelp: boolean;
  readonly input: Input;
}

/** Finds the command that the words call, and checks what they give it. Throws {@link UsageError}. */
export async function parse(root: Command, words: readonly string[]): Promise<Parsed> {
  const path = [root];
  const values = new Map<string, string[]>();
  const given: string[] = [];
  let wantsHelp = false;
  let command = root;
  const called = (): string => path.map(({ name }) => name).join(" ");

  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (word === "--") {
      given.push(...words.slice(index + 1));
      break;
    }
    if (isProgram(command, given.length) && !isOwnOption(command, word)) {
      const inner = await findCommand(command, word);
      if (inner === undefined) {
        given.push(...words.slice(index));
        break;
      }
      path.push((command = inner));
      continue;
    }
    if (word === "--help" || (word === "-h" && findShort(path, "h") === undefined)) {
      wantsHelp = true;
    } else if (command.takesAnything === true) {
      given.push(word);
    } else if (word.startsWith("--")) {
      index += takeLong(word, words[index + 1]);
    } else if (/^-[^-\d]/.test(word)) {
      index += takeShort(word, words[index + 1]);
    } else {
      const inner = given.length === 0 ? await enter(command, called(), word) : undefined;
      if (inner === undefined) given.push(word);
      else path.push((command = inner));
    }
  }

  if (!wantsHelp && !isGroup(command)) checkParameters(command, called(), given);
  return { command, called: called(), path, wantsHelp, input: createInput(command, called(), values, given) };

  function takeLong(word: string, next: string | undefined): number {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const option = findOption(path, name);
    if (option === undefined) throw new UnknownName(called(), "option", `--${name}`, longNames(path));
    if (equals >= 0 && option.value === undefined) {
      throw new UsageError(
        `--${name} of ${called()} takes no value, but ${JSON.stringify(word.slice(equals + 1))} was given`,
      );
    }
    return take(option, `--${name}`, equals < 0 ? undefined : word.slice(equals + 1), next);
  }

  /** `-o json`, `-ojson`, `-abc`. */
  function takeShort(word: string, next: string | undefined): number {
    for (let at = 1; at < word.length; at += 1) {
      const option = findShort(path, word[at] ?? "");
      if (option === undefined) throw new UnknownName(called(), "option", `-${word[at] ?? ""}`, longNames(path));
      const rest = word.slice(at + 1).replace(/^=/, "");
      if (option.value !== undefined) return take(option, `-${word[at] ?? ""}`, rest === "" ? undefined : rest, next);
      take(option, `-${word[at] ?? ""}`, undefined, undefined);
    }
    return 0;
  }

  /** Gives how many more words were used. */
  function take(option: Option, written: string, attached: string | undefined, next: string | undefined): number {
    const earlier = values.get(option.name) ?? [];
    if (option.value === undefined) {
      values.set(option.name, ["true"]);
      return 0;
    }
    const value = attached ?? next;
    if (value === undefined) {
      throw new UsageError(`${written} of ${called()} needs a value: ${written} ${option.value}`);
    }
    checkChoice(option.choices, value, `${written} of ${called()}`);
    values.set(option.name, option.isRepeated === true ? [...earlier, value] : [value]);
    return attached === undefined ? 1 : 0;
  }
}

/** A word that is not among those that are known; the nearest is looked up where the sentence is made. */
export class UnknownName extends UsageError {
  readonly seen: string;
  readonly known: readonly string[];

  constructor(called: string, kind: "command" | "option", seen: string, known: readonly string[]) {
    super(`${called} has no ${kind} ${kind === "option" ? seen : JSON.stringify(seen)}`);
    this.seen = seen;
    this.known = known;
  }
}

/** Whether the next word may be the first of another program's. */
export function isProgram({ parameters = [] }: Command, given: number): boolean {
  return parameters.at(-1)?.isVerbatim === true && given >= parameters.length - 1;
}

/** Of the command itself: those of the groups around it would be in the way of a program's. */
export function isOwnOption(command: Command, word: string): boolean {
  if (word.startsWith("--")) {
    return word === "--help" || findOption([command], word.slice(2).split("=", 1)[0] ?? "") !== undefined;
  }
  return word.startsWith("-") && findShort([command], word[1] ?? "") !== undefined;
}

/** An option of the command or of one of the groups that it is in; the nearest counts. */
export function findOption(path: readonly Command[], name: string): Option | undefined {
  return path
    .toReversed()
    .flatMap(({ options = [] }) => options)
    .find((option) => option.name === name);
}

export function findShort(path: readonly Command[], letter: string): Option | undefined {
  return path
    .toReversed()
    .flatMap(({ options = [] }) => options)
    .find(({ short }) => short === letter);
}

function longNames(path: readonly Command[]): readonly string[] {
  return path.flatMap(({ options = [] }) =>
    options.filter(({ isHidden }) => isHidden !== true).map(({ name }) => `--${name}`),
  );
}

async function enter(command: Command, called: string, word: string): Promise<Command | undefined> {
  const found = await findCommand(command, word);
  if (found !== undefined || !isGroup(command)) return found;
  const shown = (await commandsOf(command)).filter(({ isHidden }) => isHidden !== true).map(({ name }) => name);
  throw new UnknownName(called, "command", word, shown);
}

function checkParameters({ parameters = [] }: Command, called: string, given: readonly string[]): void {
  for (const [index, { name, isOptional, isRest, choices }] of parameters.entries()) {
    const words = isRest === true ? given.slice(index) : given.slice(index, index + 1);
    if (words.length === 0 && isOptional !== true) {
      const usage = parameters.map((parameter) => usageOf(parameter)).join(" ");
      throw new UsageError(`${called} needs ${name}: ${called} ${usage}`);
    }
    for (const word of words) checkChoice(choices, word, `${name} of ${called}`);
  }
  if (parameters.at(-1)?.isRest === true) return;
  const extra = given[parameters.length];
  if (extra === undefined) return;
  const takes = parameters.length === 0 ? "no arguments" : `only ${parameters.map(({ name }) => name).join(" and ")}`;
  throw new UsageError(`${called} takes ${takes}, but ${JSON.stringify(extra)} was given too`);
}

export function usageOf({ name, isOptional, isRest }: NonNullable<Command["parameters"]>[number]): string {
  const shown = isRest === true ? `${name}...` : name;
  return isOptional === true ? `[${shown}]` : shown;
}

function checkChoice(choices: readonly string[] | undefined, value: string, what: string): void {
  if (choices === undefined || choices.includes(value)) return;
  throw new UsageError(`${what} is ${JSON.stringify(value)}: it is one of ${choices.join(", ")}`);
}

function createInput(
  { parameters = [] }: Command,
  called: string,
  values: ReadonlyMap<string, readonly string[]>,
  given: readonly string[],
): Input {
  const wordsOf = (name: string): readonly string[] => {
    const index = parameters.findIndex((parameter) => parameter.name === name);
    if (index < 0) return [];
    return parameters[index]?.isRest === true ? given.slice(index) : given.slice(index, index + 1);
  };
  return {
    called,
    isSet: (option) => values.has(option),
    text: (option) => values.get(option)?.at(-1),
    texts: (option) => values.get(option) ?? [],
    word: (parameter) => wordsOf(parameter)[0] ?? "",
    optionalWord: (parameter) => wordsOf(parameter)[0],
    words: wordsOf,
  };
}
