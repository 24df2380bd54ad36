/**
 * The example's eleven tests against the same eleven in Python, in turns on the same machine and the same emulated
 * board: wall time from the command to its exit, warm. Only our exporter has such a board, so Python's run starts it
 * with our `jmp shell`. Beside them the least that either side can do: an empty test, and one call of a mock power.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { ensurePythonPeer } from "../e2e/peers/python.ts";
import { root } from "../scripts/step.ts";
import { type Figure, median, printFigures } from "./figure.ts";

const rounds = 5;

export async function benchExample(): Promise<Figure[]> {
  const example = join(root, "examples", "arduino");
  const vitest = join(root, "node_modules", ".bin", "vitest");
  const python = ensurePythonPeer();
  const bare = mkdtempSync(join(tmpdir(), "jumpstarter-bench-"));
  const times = { ours: [] as number[], bare: [] as number[], python: [] as number[], least: [] as number[] };
  try {
    writeFileSync(join(bare, "bare.test.ts"), `import { test } from "vitest";\ntest("nothing", () => {});\n`);
    writeFileSync(join(bare, "package.json"), `{"type":"module"}`);
    for (let round = 0; round <= rounds; round += 1) {
      const ours = seconds(vitest, ["run"], example);
      const alone = seconds(vitest, ["run", "--root", bare], root);
      const theirs = python === undefined ? Number.NaN : exampleInPython(python.bin);
      const least = python === undefined ? Number.NaN : leastInPython(python.bin);
      if (round === 0) continue; // The first round warms the caches.
      times.ours.push(ours);
      times.bare.push(alone);
      times.python.push(theirs);
      times.least.push(least);
    }
  } finally {
    rmSync(bare, { recursive: true, force: true });
  }
  const ratio = median(times.ours.map((time, round) => time / (times.python[round] ?? Number.NaN)));
  return [
    { name: "vitest run of examples/arduino", value: median(times.ours), unit: "s" },
    { name: "pytest with the same tests on the same board", value: median(times.python), unit: "s" },
    { name: "ours against Python", value: ratio, unit: "×", goal: "≤ 0.5" },
    { name: "vitest run of one empty test", value: median(times.bare), unit: "s" },
    { name: "pytest with JumpstarterTest, one test, mock power", value: median(times.least), unit: "s" },
  ];
}

const pytest = ["pytest", "-q", "-p", "no:cacheprovider"];

function exampleInPython(bin: string): number {
  const config = join(root, "examples", "arduino", "exporters", "uno.yaml");
  const jmp = join(root, "packages", "cli", "bin", "jmp");
  return pythonSeconds(bin, jmp, ["shell", "--exporter-config", config, "--", ...pytest, "test_uno.py"]);
}

function leastInPython(bin: string): number {
  const args = ["shell", "--exporter-config", "exporter.yaml", "--", ...pytest, "test_power.py"];
  return pythonSeconds(bin, join(bin, "jmp"), args);
}

function pythonSeconds(bin: string, jmp: string, args: readonly string[]): number {
  const directory = join(root, "bench", "python");
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env["PATH"]}`,
    PYTHONPATH: directory, // Where the client of the board's pins is.
    JMP_DRIVERS_ALLOW: "UNSAFE",
  };
  return seconds(jmp, args, directory, env);
}

function seconds(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): number {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}\n${stderr}`);
  return (performance.now() - started) / 1_000;
}

if (import.meta.main) printFigures("Example", await benchExample());
