import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { shortestPath, type Ways } from "./path.ts";

const board: Ways = new Map([
  ["off", {}],
  ["uboot", { from: "off" }],
  ["shell", { from: ["off", "uboot"] }],
  ["update", { from: "shell" }],
]);

describe("the way to a state", () => {
  it.for([
    [undefined, "shell", ["off", "shell"]],
    ["off", "shell", ["shell"]],
    ["uboot", "shell", ["shell"]],
    ["shell", "uboot", ["off", "uboot"]],
    ["update", "shell", ["off", "shell"]],
    ["uboot", "update", ["shell", "update"]],
    ["update", "off", ["off"]],
    ["shell", "shell", []],
  ] as const)("from %s to %s is %j", ([current, target, path]) => {
    expect(shortestPath(board, current, target)).toEqual(path);
  });

  it("is a way, and none is shorter", () => {
    const names = ["a", "b", "c", "d", "e"] as const;
    const from = fc.subarray([...names], { minLength: 1 });
    const graph = fc.record({ b: from, c: from, d: from, e: from });
    const mayFollow = (ways: Ways, before: string | undefined, next: string): boolean => {
      const sources = ways.get(next)?.from;
      return sources === undefined || (before !== undefined && sources.includes(before));
    };
    /** How many steps it takes, by trying one more each time. */
    const distance = (ways: Ways, current: string | undefined, target: string): number => {
      let reached = new Set([current]);
      for (let steps = 0; steps <= names.length; steps++) {
        if (reached.has(target)) return steps;
        reached = new Set([
          ...reached,
          ...names.filter((next) => [...reached].some((at) => mayFollow(ways, at, next))),
        ]);
      }
      return Infinity;
    };
    fc.assert(
      fc.property(
        graph,
        fc.option(fc.constantFrom(...names), { nil: undefined }),
        fc.constantFrom(...names),
        (rest, current, target) => {
          const ways: Ways = new Map<string, { from?: string[] }>([
            ["a", {}],
            ...Object.entries(rest).map(([name, sources]) => [name, { from: sources }] as const),
          ]);
          const steps = distance(ways, current, target);
          fc.pre(steps < Infinity);

          const path = shortestPath(ways, current, target);

          expect(path).toHaveLength(steps);
          path.forEach((next, index) =>
            expect(mayFollow(ways, index === 0 ? current : path[index - 1], next)).toBe(true),
          );
        },
      ),
    );
  });
});
