import type { Input, Option } from "./command.ts";
import { print, type Io } from "./io.ts";

/** `-o` of what has a list or an object to show. */
export const outputOption: Option = {
  name: "output",
  short: "o",
  value: "FORMAT",
  choices: ["json", "yaml", "name"],
  help: "Print for programs instead of people",
};

/** `-o path` of what writes or removes a file. */
export const pathOption: Option = {
  name: "output",
  short: "o",
  value: "FORMAT",
  choices: ["path"],
  help: "Print only the path of the file",
};

export interface Shown {
  /** For json and yaml. */
  readonly data: unknown;
  /** One a line. */
  readonly names: readonly string[];
  /** For people. */
  readonly lines: readonly string[];
}

/** Prints what was asked for with `-o`. */
export async function show(input: Input, io: Io, { data, names, lines }: Shown): Promise<void> {
  const format = input.text("output");
  if (format === "json") print(io, JSON.stringify(data, null, 4));
  else if (format === "yaml") {
    const { stringify } = await import("yaml");
    print(io, stringify(data, { lineWidth: 0 }).trimEnd());
  } else for (const line of format === "name" ? names : lines) print(io, line);
}

/** Columns two spaces apart under headings in capitals. */
export function tableLines(headings: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return ["No resources found."];
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
