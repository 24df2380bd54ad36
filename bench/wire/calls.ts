import type { Figure } from "../figure.ts";
import { compare, inTurns, isQuick } from "./measure.ts";
import { openPairs, pairNames } from "./pairs.ts";

/** Calls, echoes in an open stream, and items of a streaming call. */
export async function benchCalls(): Promise<Figure[]> {
  await using pairs = await openPairs(pairNames);
  const rounds = isQuick ? 3 : 5;
  const warmUp = { do: "unary", count: 3_000, inFlight: 1 } as const;
  await inTurns(pairs, 1, () => warmUp);
  const one = await inTurns(pairs, rounds, () => ({ do: "unary", count: 2_000, inFlight: 1 }));
  const many = await inTurns(pairs, rounds, () => ({ do: "unary", count: 3_200, inFlight: 32 }));
  await inTurns(pairs, 1, () => ({ do: "echo", count: 1_000 }));
  const echo = await inTurns(pairs, rounds, () => ({ do: "echo", count: 2_000 }));
  await inTurns(pairs, 1, () => ({ do: "items", count: 5_000 }));
  const items = await inTurns(pairs, rounds, () => ({ do: "items", count: 5_000 }));
  return [
    ...compare(
      {
        title: "unary call, one at a time",
        shown: [
          { key: "perSecond", unit: "/s", goal: "≥ 3.5" },
          { key: "p50", unit: "ms", isTime: true, goal: "≥ 3.5" },
          { key: "p99", unit: "ms", isTime: true },
        ],
      },
      one,
    ),
    ...compare(
      {
        title: "unary calls, 32 in flight",
        shown: [
          { key: "perSecond", unit: "/s", goal: "≥ 5" },
          { key: "p50", unit: "ms", isTime: true },
          { key: "p99", unit: "ms", isTime: true },
        ],
      },
      many,
    ),
    ...compare({ title: "echo of 64 B, p50", shown: [{ key: "p50", unit: "ms", isTime: true, goal: "≥ 2" }] }, echo),
    ...compare({ title: "items of a streaming call", shown: [{ key: "perSecond", unit: "/s" }] }, items),
  ];
}
