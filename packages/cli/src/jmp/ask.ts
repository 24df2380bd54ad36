import { createInterface } from "node:readline/promises";

import { UsageError, type Input } from "../command.ts";
import { canAsk, type Io } from "../io.ts";

/** What a command needs to know: by option, else asked for where somebody can answer. */
export async function need(input: Input, io: Io, option: string, question: string): Promise<string> {
  const given = input.text(option);
  if (given !== undefined) return given;
  if (!mayAsk(input, io)) {
    throw new UsageError(`${input.called} needs --${option}, for there is nobody to ask: give --${option} VALUE`);
  }
  for (;;) {
    const answer = await ask(io, `${question}: `);
    if (answer !== "") return answer;
  }
}

export function mayAsk(input: Input, io: Io): boolean {
  return !input.isSet("nointeractive") && canAsk(io);
}

/** One line, without the white space around it. */
export async function ask(io: Io, question: string): Promise<string> {
  const lines = createInterface({ input: io.stdin, output: io.stderr });
  try {
    return (await lines.question(question, { signal: io.signal })).trim();
  } finally {
    lines.close();
  }
}
