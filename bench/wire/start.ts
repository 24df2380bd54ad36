import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { ensurePythonPeer } from "../../e2e/peers/python.ts";
import { root } from "../../scripts/step.ts";
import { type Figure, median } from "../figure.ts";
import { isQuick } from "./measure.ts";
import { programFile } from "./programs.ts";

const config = `apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata: { namespace: default, name: bench }
export:
  power: { type: jumpstarter_driver_power.driver.MockPower }
`;

/** From nothing to an exporter's first answer, and to the end: whole commands, each with all the processes it needs. */
export async function benchStart(): Promise<Figure[]> {
  const python = ensurePythonPeer();
  if (python === undefined) throw new Error("these benchmarks compare with Python: install Python 3.11 or newer");
  const directory = mkdtempSync(join(tmpdir(), "jumpstarter-bench-"));
  const file = join(directory, "exporter.yaml");
  writeFileSync(file, config);
  const env = { ...process.env, PATH: `${python.bin}${delimiter}${process.env["PATH"]}` };
  const shell = ["shell", "--exporter-config", file, "--"];
  const once = programFile("once");
  const jmp = join(python.bin, "jmp");
  const commands = {
    ours: () => seconds(process.execPath, [once, file], root, env),
    oursAlone: () => seconds(process.execPath, [once, file, "--no-call"], root, env),
    python: () => seconds(jmp, [...shell, "j", "power", "on"], directory, env),
    pythonAlone: () => seconds(jmp, [...shell, "true"], directory, env),
  };
  const times = {
    ours: [] as number[],
    oursAlone: [] as number[],
    python: [] as number[],
    pythonAlone: [] as number[],
  };
  try {
    for (let round = 0; round <= (isQuick ? 3 : 5); round++) {
      for (const name of ["oursAlone", "pythonAlone", "ours", "python"] as const) {
        const time = commands[name]();
        // The first round warms the caches.
        if (round > 0) times[name].push(time);
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const ratio = (ours: readonly number[], theirs: readonly number[]): number =>
    median(ours.map((time, round) => time / (theirs[round] ?? Number.NaN)));
  return [
    { name: "start and end of an exporter: ours", value: median(times.oursAlone), unit: "s" },
    { name: "start and end of an exporter: Python (jmp shell -- true)", value: median(times.pythonAlone), unit: "s" },
    { name: "ours against Python", value: ratio(times.oursAlone, times.pythonAlone), unit: "×", goal: "≤ 0.25" },
    { name: "the same with one power.on(): ours", value: median(times.ours), unit: "s" },
    { name: "the same with j power on: Python", value: median(times.python), unit: "s" },
    { name: "ours against Python, with a call", value: ratio(times.ours, times.python), unit: "×", goal: "≤ 0.25" },
  ];
}

function seconds(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stderr}`);
  return (performance.now() - started) / 1_000;
}
