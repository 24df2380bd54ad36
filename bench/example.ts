/**
 * The example's tests against the least Python test of the same kind, in turns on the same machine: wall time from the
 * command to its exit, warm. Ours boots an emulated board in every test; Python's has one test and a mock power.
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
  const times = { ours: [] as number[], bare: [] as number[], python: [] as number[] };
  try {
    writeFileSync(join(bare, "bare.test.ts"), `import { test } from "vitest";\ntest("nothing", () => {});\n`);
    writeFileSync(join(bare, "package.json"), `{"type":"module"}`);
    for (let round = 0; round <= rounds; round += 1) {
      const ours = seconds(vitest, ["run"], example);
      const alone = seconds(vitest, ["run", "--root", bare], root);
      const theirs = python === undefined ? Number.NaN : pythonSeconds(python.bin);
      if (round === 0) continue; // The first round warms the caches.
      times.ours.push(ours);
      times.bare.push(alone);
      times.python.push(theirs);
    }
  } finally {
    rmSync(bare, { recursive: true, force: true });
  }
  const ours = median(times.ours);
  const theirs = median(times.python);
  return [
    { name: "vitest run of examples/arduino", value: ours, unit: "s" },
    { name: "vitest run of one empty test", value: median(times.bare), unit: "s" },
    { name: "pytest with JumpstarterTest, one test, mock power", value: theirs, unit: "s" },
    { name: "ours against Python", value: ours / theirs, unit: "×", goal: "≤ 0.5" },
  ];
}

function pythonSeconds(bin: string): number {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"]}` };
  const args = [
    "shell",
    "--exporter-config",
    "exporter.yaml",
    "--",
    "pytest",
    "-q",
    "-p",
    "no:cacheprovider",
    "test_power.py",
  ];
  return seconds(join(bin, "jmp"), args, join(root, "bench", "python"), env);
}

function seconds(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): number {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}\n${stderr}`);
  return (performance.now() - started) / 1_000;
}

if (import.meta.main) printFigures("Example", await benchExample());
