import type { Figure } from "../figure.ts";
import { benchLimits, type Limits } from "./limits.ts";
import { compare, inTurns, isQuick, type Samples } from "./measure.ts";
import { openPairs, pairNames, type Pairs } from "./pairs.ts";
import { median } from "../figure.ts";

const MiB = 1024 ** 2;
const sizes = [
  { label: "4 KiB", chunkBytes: 4_096, totalBytes: 32 * MiB, goals: { up: "≥ 6", down: "≥ 2" } },
  { label: "64 KiB", chunkBytes: 65_536, totalBytes: 256 * MiB, goals: { up: "≥ 2", down: "≥ 2" } },
  { label: "1 MiB", chunkBytes: MiB, totalBytes: 256 * MiB, goals: { up: "≥ 2.5", down: "≥ 2" } },
] as const;

/** Bytes in one direction, through a driver's stream; beside them the same bytes over less. */
export async function benchStreams(): Promise<Figure[]> {
  await using pairs = await openPairs(pairNames);
  await using limits = await benchLimits();
  const figures: Figure[] = [];
  for (const direction of ["up", "down"] as const) {
    for (const { label, chunkBytes, totalBytes, goals } of sizes) {
      const title = `${direction}, chunks of ${label}`;
      const { samples, bare } = await measure(pairs, limits, { do: direction, chunkBytes, totalBytes });
      figures.push(
        ...compare({ title, shown: [{ key: "mbPerSecond", unit: "MB/s", goal: goals[direction] }] }, samples),
      );
      figures.push(...besideLimits(title, samples, bare));
    }
  }
  return figures;
}

type Stream = { readonly do: "up" | "down"; readonly chunkBytes: number; readonly totalBytes: number };

async function measure(pairs: Pairs, limits: Limits, command: Stream): Promise<{ samples: Samples; bare: Bare }> {
  const rounds = isQuick ? 3 : 5;
  const samples: Samples = new Map();
  const bare: Bare = new Map();
  await inTurns(pairs, 1, () => ({ ...command, totalBytes: command.totalBytes / 4 }));
  for (let round = 0; round < rounds; round++) {
    for (const [name, [answer]] of await inTurns(pairs, 1, () => command, round < 2 ? 1 : 0)) {
      if (answer !== undefined) samples.set(name, [...(samples.get(name) ?? []), answer]);
    }
    for (const [name, limit] of limits.of) {
      const { mbPerSecond = Number.NaN } = await limit.ask(command);
      bare.set(name, [...(bare.get(name) ?? []), mbPerSecond]);
    }
  }
  return { samples, bare };
}

type Bare = Map<string, number[]>;

function besideLimits(title: string, samples: Samples, bare: Bare): Figure[] {
  const ours = (samples.get("ours") ?? []).map(({ mbPerSecond = Number.NaN }) => mbPerSecond);
  return [...bare].flatMap(([name, values]): Figure[] => {
    const share = median(ours.map((value, round) => value / (values[round] ?? Number.NaN)));
    const figure = { name: `${title}: ${name}`, value: median(values), unit: "MB/s" };
    if (!name.includes("HTTP/2")) return [figure];
    return [figure, { name: `${title}: ours against ${name}`, value: share, unit: "×", goal: "≥ 0.5" }];
  });
}
