import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { spawnExporter } from "@jumpstarter-ts/exporter/spawn";

import { ensurePythonPeer } from "../e2e/peers/python.ts";
import { bundleCommands } from "../packages/cli/bundle.ts";
import { root } from "../scripts/step.ts";
import { type Figure, median } from "./figure.ts";

const config = `apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata: { namespace: default, name: bench }
export:
  power: { type: jumpstarter_driver_power.driver.MockPower }
`;

const rounds = 9;

/** Whole commands of ours and of Python's, taking turns. `j` of both talks to the same exporter. */
export async function benchCli(): Promise<Figure[]> {
  const python = ensurePythonPeer();
  if (python === undefined) throw new Error("these benchmarks compare with Python: install Python 3.11 or newer");
  const directory = mkdtempSync(join(tmpdir(), "jumpstarter-bench-"));
  const file = join(directory, "exporter.yaml");
  writeFileSync(file, config);
  const figures: Figure[] = [];
  try {
    await using exporter = await spawnExporter({ configFile: file, cwd: root });
    const { CI: _, ...own } = process.env;
    const env = { ...own, JUMPSTARTER_HOST: exporter.host, JMP_DRIVERS_ALLOW: "UNSAFE" };
    const ours = await publishedCommands();
    const commands = [
      ["jmp", "shell", "--exporter-config", file, "--", "true"],
      ["jmp", "version"],
      ["j", "power", "on"],
      ["j", "--help"],
    ] as const;
    for (const [program, ...words] of commands) {
      const times = { ours: [] as number[], python: [] as number[] };
      for (let round = 0; round <= rounds; round += 1) {
        const mine = seconds(join(ours, program), words, root, env);
        const theirs = seconds(join(python.bin, program), words, directory, env);
        // The first round warms the caches.
        if (round === 0) continue;
        times.ours.push(mine);
        times.python.push(theirs);
      }
      const shown = [program, ...words].map((word) => (word === file ? "FILE" : word)).join(" ");
      const ratio = median(times.ours.map((time, round) => time / (times.python[round] ?? Number.NaN)));
      figures.push(
        { name: `${shown}: ours`, value: median(times.ours), unit: "s" },
        { name: `${shown}: Python`, value: median(times.python), unit: "s" },
        { name: `${shown}: ours against Python`, value: ratio, unit: "×", goal: "≤ 0.25" },
      );
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return figures;
}

/** The commands as they are published: with their code in few files. */
async function publishedCommands(): Promise<string> {
  const directory = join(root, ".cache", "cli");
  rmSync(directory, { recursive: true, force: true });
  await bundleCommands(join(directory, "bundle"));
  for (const part of ["bin", "package.json"]) {
    cpSync(join(root, "packages", "cli", part), join(directory, part), { recursive: true });
  }
  return join(directory, "bin");
}

function seconds(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stderr}`);
  return (performance.now() - started) / 1_000;
}
