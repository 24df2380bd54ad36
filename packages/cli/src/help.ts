import { commandsOf, isGroup, type Command } from "./command.ts";
import { paint, type Io, type Output } from "./io.ts";
import { usageOf } from "./parse.ts";

/** The help of a command, as wide as the terminal, at most 100 columns. */
export async function formatHelp(path: readonly Command[], io: Io, output: Output): Promise<string> {
  const command = path.at(-1);
  if (command === undefined) return "";
  const width = Math.min(output.columns ?? 80, 100);
  const heading = (text: string): string => paint(io, output, "bold", text);
  const called = path.map(({ name }) => name).join(" ");
  const parameters = command.parameters ?? [];
  const rest = isGroup(command) ? ["COMMAND"] : parameters.map((parameter) => usageOf(parameter));
  const lines = [`${heading("Usage:")} ${[called, "[OPTIONS]", ...rest].join(" ")}`, "", `  ${command.help}`];
  if (command.details !== undefined)
    lines.push("", ...command.details.split("\n").map((line) => `  ${line}`.trimEnd()));
  const explained = parameters.filter(({ help, choices }) => help !== undefined || choices !== undefined);
  const rows = explained.map(({ name, help = "", choices }): Row => [name, withChoices(help, choices)]);
  section(lines, heading("Arguments:"), rows, width);
  const options = (command.options ?? []).filter(({ isHidden }) => isHidden !== true);
  const optionRows = options.map(({ name, short, value, choices, help }): Row => {
    const names = short === undefined ? `    --${name}` : `-${short}, --${name}`;
    return [value === undefined ? names : `${names} ${value}`, withChoices(help, choices)];
  });
  section(lines, heading("Options:"), [...optionRows, ["    --help", "Show this help"]], width);
  const commands = (await commandsOf(command)).filter(({ isHidden }) => isHidden !== true);
  const sorted = commands.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  section(
    lines,
    heading("Commands:"),
    sorted.map(({ name, help }) => [name, help]),
    width,
  );
  return lines.join("\n");
}

type Row = readonly [string, string];

function section(lines: string[], title: string, rows: readonly Row[], width: number): void {
  if (rows.length === 0) return;
  const column = Math.min(Math.max(...rows.map(([name]) => name.length)) + 2, 34);
  lines.push("", title);
  for (const [name, help] of rows) {
    const [first = "", ...more] = wrap(help, width - column - 2);
    if (name.length + 2 > column) lines.push(`  ${name}`, ...(first === "" ? [] : [`  ${" ".repeat(column)}${first}`]));
    else lines.push(`  ${name.padEnd(column)}${first}`.trimEnd());
    lines.push(...more.map((line) => `  ${" ".repeat(column)}${line}`));
  }
}

function wrap(text: string, width: number): readonly string[] {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) ?? "";
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= Math.max(width, 20)) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function withChoices(help: string, choices: readonly string[] | undefined): string {
  return choices === undefined ? help : `${help} [${choices.join("|")}]`.trimStart();
}
