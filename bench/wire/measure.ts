import { type Figure, median } from "../figure.ts";
import type { Answer, Command } from "./commands.ts";
import { pairNames, type PairName, type Pairs } from "./pairs.ts";

/** True for a run that is to be quick: fewer rounds, smaller files. */
export const isQuick = process.env["JMP_BENCH_QUICK"] === "1";

export interface Comparison {
  /** What is done: `unary call, one at a time`. */
  readonly title: string;
  /** Which of the numbers of the answer; what it is called, and its goal as ours over Python's. */
  readonly shown: readonly Shown[];
}

export interface Shown {
  readonly key: string;
  readonly unit: string;
  readonly goal?: string;
  /** True where less is better: the ratio is then Python's over ours. */
  readonly isTime?: boolean;
}

export type Samples = Map<PairName, Answer[]>;

/** All pairs in turns, `rounds` times; a pair that is only there for comparison, less often. */
export async function inTurns(
  pairs: Pairs,
  rounds: number,
  commandOf: (pair: PairName) => Command,
  mixedRounds = Math.ceil(rounds / 2),
): Promise<Samples> {
  const samples: Samples = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const name of pairNames) {
      const pair = pairs.of.get(name);
      const isMixed = name !== "ours" && name !== "Python";
      if (pair === undefined || (isMixed && round >= mixedRounds)) continue;
      const answers = samples.get(name) ?? [];
      answers.push(await pair.ask(commandOf(name)));
      samples.set(name, answers);
    }
  }
  return samples;
}

/** A figure for each pair and number, and the ratio: the median of the rounds' own ratios, as load comes and goes. */
export function compare({ title, shown }: Comparison, samples: Samples): Figure[] {
  return shown.flatMap(({ key, unit, goal, isTime = false }) => {
    const valuesOf = (name: PairName): readonly number[] =>
      (samples.get(name) ?? []).map((answer) => answer[key] ?? Number.NaN);
    const what = shown.length > 1 ? `${title}, ${key === "perSecond" ? "rate" : key}` : title;
    const figures: Figure[] = pairNames
      .filter((name) => samples.has(name))
      .map((name) => ({ name: `${what}: ${name}`, value: median(valuesOf(name)), unit }));
    const theirs = valuesOf("Python");
    const ratios = valuesOf("ours").map((value, round) => value / (theirs[round] ?? Number.NaN));
    const ratio = median(isTime ? ratios.map((value) => 1 / value) : ratios);
    return [...figures, { name: `${what}: ours against Python`, value: ratio, unit: "×", ...(goal && { goal }) }];
  });
}
