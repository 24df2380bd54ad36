import type { Readable, Writable } from "node:stream";

/** What a command has to do with the world: handed in, so that it can be run anywhere. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by the first SIGINT or SIGTERM; the reason is the signal's name. */
  readonly signal: AbortSignal;
  /** Whether the program itself ends soon after the signal; a command that minds it by itself says so. */
  readonly interrupts: Interrupts;
}

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Interrupts {
  /** Until the answer is called, signals are this function's business alone. */
  take(onSignal: (signal: NodeJS.Signals) => void): () => void;
}

/** Data, to stdout. */
export function print(io: Io, line: string): void {
  io.stdout.write(`${line}\n`);
}

/** What people read beside the data, to stderr. */
export function tell(io: Io, line: string): void {
  io.stderr.write(`${line}\n`);
}

/** Whether this output takes colour: a terminal, unless somebody minds. */
export function hasColour({ env }: Io, output: Output): boolean {
  if (isSet(env["NO_COLOR"])) return false;
  if (isSet(env["FORCE_COLOR"])) return env["FORCE_COLOR"] !== "0";
  return output.isTTY === true && env["TERM"] !== "dumb" && !isSet(env["CI"]);
}

/** Whether this output can be drawn over, as progress bars do. */
export function isLive({ env }: Io, output: Output): boolean {
  return output.isTTY === true && env["TERM"] !== "dumb" && !isSet(env["CI"]);
}

/** Whether somebody is there to answer a question. */
export function canAsk({ env, stdin, stderr }: Io): boolean {
  const isUnattended = /^(?:1|true)$/i.test(env["NONINTERACTIVE"] ?? "") || isSet(env["CI"]);
  return stdin.isTTY === true && stderr.isTTY === true && !isUnattended;
}

const codes = { bold: [1, 22], dim: [2, 22], red: [31, 39], yellow: [33, 39], green: [32, 39] } as const;

export function paint(io: Io, output: Output, style: keyof typeof codes, text: string): string {
  if (!hasColour(io, output)) return text;
  const [on, off] = codes[style];
  return `\u001B[${on}m${text}\u001B[${off}m`;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "false";
}
