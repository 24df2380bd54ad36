import { commandsOf, findCommand, isGroup, type Command, type Completer, type Parameter } from "./command.ts";
import { print, type Io } from "./io.ts";
import { findOption, findShort, isOwnOption, isProgram } from "./parse.ts";

/** Printed where the shell completes paths by itself. */
const filesMark = "__files__";

/** Prints what may stand for the last of the words, one candidate a line. */
export async function printCompletions(root: Command, words: readonly string[], io: Io): Promise<void> {
  for (const candidate of await completions(root, words, io)) print(io, candidate);
}

export async function completions(root: Command, words: readonly string[], io: Io): Promise<readonly string[]> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? "";
  const path = [root];
  let command = root;
  let given = 0;
  let afterDashes = false;
  for (let index = 0; index < before.length; index += 1) {
    const word = before[index] ?? "";
    if (word === "--") afterDashes = true;
    else if (!afterDashes && isProgram(command, given) && !isOwnOption(command, word)) {
      const next = await findCommand(command, word);
      if (next === undefined) {
        given += 1;
        afterDashes = true;
      } else path.push((command = next));
    } else if (!afterDashes && word.startsWith("-")) {
      const option = optionOf(path, word);
      if (option?.value === undefined || word.includes("=")) continue;
      if (index + 1 === before.length) return matching(current, await valuesOf(option, io));
      index += 1;
    } else {
      const next = afterDashes || given > 0 ? undefined : await findCommand(command, word);
      if (next !== undefined) path.push((command = next));
      else if (isGroup(command)) return [];
      else given += 1;
    }
  }
  if (current.startsWith("-") && !afterDashes) {
    const reached = isProgram(command, given) ? [command] : path;
    const options = reached.flatMap(({ options = [] }) => options.filter(({ isHidden }) => isHidden !== true));
    return matching(current, [...new Set([...options.map(({ name }) => `--${name}`), "--help"])].toSorted());
  }
  const commands = afterDashes || given > 0 ? [] : await commandsOf(command);
  const shown = commands.filter(({ isHidden }) => isHidden !== true).map(({ name }) => name);
  const names = matching(current, shown.toSorted());
  if (names.length > 0) return names;
  const parameter = parameterAt(command.parameters ?? [], given);
  return parameter === undefined ? [] : matching(current, await valuesOf(parameter, io));
}

function optionOf(path: readonly Command[], word: string): ReturnType<typeof findOption> {
  return word.startsWith("--")
    ? findOption(path, word.slice(2).split("=", 1)[0] ?? "")
    : findShort(path, word.at(-1) ?? "");
}

function parameterAt(parameters: readonly Parameter[], index: number): Parameter | undefined {
  const last = parameters.at(-1);
  return parameters[index] ?? (last?.isRest === true ? last : undefined);
}

async function valuesOf(
  { choices, complete }: { readonly choices?: readonly string[] | undefined; readonly complete?: Completer },
  io: Io,
): Promise<readonly string[]> {
  if (choices !== undefined) return choices;
  if (complete === "files") return [filesMark];
  return complete === undefined ? [] : complete(io);
}

function matching(start: string, words: readonly string[]): readonly string[] {
  return words.filter((word) => word === filesMark || word.startsWith(start));
}
