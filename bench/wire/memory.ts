import { readFileSync } from "node:fs";

import type { Figure } from "../figure.ts";
import type { Command } from "./commands.ts";
import { openPairs, type Pair } from "./pairs.ts";

const MiB = 1024 ** 2;

/** Resident memory of the client's and the exporter's process: after one call, and the most during calls and streams. */
export async function benchMemory(): Promise<Figure[]> {
  await using pairs = await openPairs(["ours", "Python"]);
  const figures: Figure[] = [];
  const sums = new Map<string, number>();
  for (const name of ["ours", "Python"] as const) {
    const pair = pairs.of.get(name);
    if (pair === undefined) continue;
    const { pid = 0 } = await pair.ask({ do: "pid" });
    figures.push(...figuresOf(`after one call: ${name}`, "VmRSS", pair, pid));
    sums.set(`after one call: ${name}`, megabytes(pid, "VmRSS") + megabytes(pair.pid, "VmRSS"));
    for (const command of work) await pair.ask(command);
    figures.push(...figuresOf(`at most, calls and streams: ${name}`, "VmHWM", pair, pid));
    sums.set(`at most: ${name}`, megabytes(pid, "VmHWM") + megabytes(pair.pid, "VmHWM"));
  }
  const ratio = (when: string): number =>
    (sums.get(`${when}: ours`) ?? Number.NaN) / (sums.get(`${when}: Python`) ?? Number.NaN);
  return [
    ...figures,
    {
      name: "both together, after one call: ours against Python",
      value: ratio("after one call"),
      unit: "×",
      goal: "≤ 0.5",
    },
    { name: "both together, at most: ours against Python", value: ratio("at most"), unit: "×", goal: "≤ 0.5" },
  ];
}

const work: readonly Command[] = [
  { do: "unary", count: 2_000, inFlight: 32 },
  { do: "up", chunkBytes: 65_536, totalBytes: 256 * MiB },
  { do: "down", chunkBytes: 65_536, totalBytes: 256 * MiB },
];

function figuresOf(when: string, key: Key, pair: Pair, exporterPid: number): Figure[] {
  return [
    { name: `exporter, ${when}`, value: megabytes(exporterPid, key), unit: "MB" },
    { name: `client, ${when}`, value: megabytes(pair.pid, key), unit: "MB" },
  ];
}

type Key = "VmRSS" | "VmHWM";

function megabytes(pid: number, key: Key): number {
  const line = new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return (Number(line?.[1]) * 1_024) / 1_000_000;
}
