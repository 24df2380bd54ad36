import { createRecorder } from "@jumpstarter-ts/console";

/** One figure of a benchmark: smaller is better, unless its goal says otherwise. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: string;
}

const MB = 1_000_000;
const patterns = {
  text: "board login:",
  regex: /^board login: ?$/,
  template: "board {name}: {state:word} after {ms:int} ms",
  "several lines": /Welcome to\s+board/,
} as const;

/**
 * How long a console takes per MB from the first byte to the match in its last line, while it is fed in chunks as they
 * come from a socket. Everything counts: recording, decoding, leaving out control sequences, searching.
 */
export async function benchConsole(): Promise<Figure[]> {
  const figures: Figure[] = [];
  const perSize = new Map<number, number>();
  for (const chunkSize of [2000, 4096, 65_536]) {
    for (const size of [1, 10, 100]) {
      const value = await medianMsPerMb(bootLog(size * MB), chunkSize, patterns.regex, size === 100 ? 3 : 7);
      if (chunkSize === 4096) perSize.set(size, value);
      figures.push({ name: `${size} MB in chunks of ${chunkSize} B, regex`, value, unit: "ms/MB", goal: "<= 10" });
    }
  }
  const growth = (perSize.get(100) ?? NaN) / (perSize.get(1) ?? NaN);
  figures.push({ name: "ms/MB at 100 MB over ms/MB at 1 MB", value: growth, unit: "x", goal: "<= 2 (linear)" });
  for (const kind of ["text", "template", "several lines"] as const) {
    const value = await medianMsPerMb(bootLog(10 * MB), 4096, patterns[kind], 5);
    figures.push({ name: `10 MB in chunks of 4096 B, ${kind}`, value, unit: "ms/MB", goal: "<= 10" });
  }
  for (const size of [1, 10]) {
    const value = await medianMsPerMb(oneLine(size * MB), 4096, patterns.regex, 5);
    figures.push({ name: `${size} MB in one line, regex`, value, unit: "ms/MB", goal: "<= 10" });
  }
  return figures;
}

async function medianMsPerMb(log: Uint8Array, chunkSize: number, pattern: string | RegExp, runs: number) {
  await feed(log.subarray(-2 * MB), chunkSize, pattern);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await feed(log, chunkSize, pattern));
  const median = times.toSorted((one, other) => one - other)[Math.floor(runs / 2)] ?? NaN;
  return median / (log.length / MB);
}

/** Milliseconds from the first byte to the match. */
async function feed(log: Uint8Array, chunkSize: number, pattern: string | RegExp): Promise<number> {
  // The end of the recording makes a prompt certain at once, so that the pause after it is not part of the figure.
  const recorder = createRecorder();
  const found = recorder.console().waitFor(pattern, { timeout: "10m" });
  const startedAt = performance.now();
  for (let from = 0; from < log.length; from += chunkSize) recorder.push(log.subarray(from, from + chunkSize), 0);
  recorder.end();
  await found;
  return performance.now() - startedAt;
}

/** A boot log: lines of 40 to 110 bytes with CRLF, some in colour; what is waited for is in its last line. */
function bootLog(size: number): Uint8Array {
  const last = "Welcome to\r\nboard one: up after 512 ms\r\nboard login: ";
  const lines: string[] = [];
  let length = last.length;
  for (let line = 0; length < size; line++) {
    const time = (line / 1000).toFixed(6).padStart(12);
    const colour = line % 16 === 0 ? "\u001B[32m  OK  \u001B[0m" : "kernel";
    const text = `[${time}] ${colour}: device ${line % 97} registered${" in slot".repeat(line % 7)}, state ready\r\n`;
    lines.push(text);
    length += text.length;
  }
  return new TextEncoder().encode(lines.join("") + last);
}

/** The worst case: not one line feed. */
function oneLine(size: number): Uint8Array {
  const log = new Uint8Array(size).fill(0x2e);
  log.set(new TextEncoder().encode("\r\nboard login: "), size - 15);
  return log;
}

if (import.meta.main) {
  for (const { name, value, unit, goal } of await benchConsole()) {
    console.log(`${name.padEnd(44)} ${value.toFixed(2).padStart(8)} ${unit.padEnd(6)} ${goal ?? ""}`);
  }
}
