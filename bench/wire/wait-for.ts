import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Figure } from "../figure.ts";
import { compare, inTurns, isQuick } from "./measure.ts";
import { openPairs } from "./pairs.ts";

const MB = 1_000_000;
const sizes = isQuick ? [1, 10] : [1, 10, 100];

/**
 * From the first byte until a pattern in the last line of a console's output is found, over the wire: our console against
 * pexpect as upstream's adapter sets it up, and as it may be tuned. The chunks are those of a fast serial line.
 */
export async function benchWaitFor(): Promise<Figure[]> {
  const logFile = join(tmpdir(), `jumpstarter-bench-${process.pid}.log`);
  await writeFile(logFile, bootLog((sizes.at(-1) ?? 1) * MB));
  try {
    await using pairs = await openPairs(["ours", "Python"], { logFile });
    const command = { do: "waitFor", chunkBytes: 4_096, pattern: String.raw`up after \d+ ms`, tuned: true } as const;
    const figures: Figure[] = [];
    await inTurns(pairs, 1, () => ({ ...command, totalBytes: MB }));
    for (const size of sizes) {
      const samples = await inTurns(pairs, size === 100 ? 3 : 5, () => ({ ...command, totalBytes: size * MB }));
      const title = `waitFor at the end of ${size} MB, pexpect tuned`;
      figures.push(...compare({ title, shown: [{ key: "ms", unit: "ms", isTime: true, goal: "≥ 1" }] }, samples));
    }
    // Two megabytes would take it four times as long.
    for (const pattern of [command.pattern, String.raw`\w+ login:`]) {
      const shipped = await inTurns(pairs, 1, () => ({ ...command, pattern, tuned: false, totalBytes: MB }));
      const title = `waitFor /${pattern}/ at the end of 1 MB, pexpect as shipped`;
      figures.push(...compare({ title, shown: [{ key: "ms", unit: "ms", isTime: true, goal: "≥ 1000" }] }, shipped));
    }
    return figures;
  } finally {
    await rm(logFile, { force: true });
  }
}

function bootLog(size: number): string {
  const last = "Welcome to\r\nboard one: up after 512 ms\r\nboard login: ";
  const lines: string[] = [];
  let length = last.length;
  for (let line = 0; length < size; line++) {
    const time = (line / 1_000).toFixed(6).padStart(12);
    const text = `[${time}] kernel: device ${line % 97} registered${" in slot".repeat(line % 7)}, state ready\r\n`;
    lines.push(text);
    length += text.length;
  }
  return lines.join("") + last;
}
