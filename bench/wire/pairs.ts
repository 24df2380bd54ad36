import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { spawnExporter } from "@jumpstarter-ts/exporter/spawn";

import { startPythonExporter } from "../../e2e/peers/python-exporter.ts";
import { ensurePythonPeer } from "../../e2e/peers/python.ts";
import { root } from "../../scripts/step.ts";
import type { Command } from "./commands.ts";
import { type LineProcess, startLineProcess } from "./line-process.ts";
import { programFile } from "./programs.ts";

/** Who talks to whom. */
export const pairNames = ["ours", "Python", "our client, Python exporter", "Python client, our exporter"] as const;
export type PairName = (typeof pairNames)[number];
export type Pair = LineProcess<Command>;

/** Both exporters, and a client process for each pair: all of them ready, idle until they are asked. */
export interface Pairs extends AsyncDisposable {
  readonly directory: string;
  readonly of: ReadonlyMap<PairName, Pair>;
}

const directoryOfPython = join(root, "bench", "python");

/** Starts the pairs that are named. `logFile` is what the drivers' consoles show. */
export async function openPairs(names: readonly PairName[], { logFile = "none" } = {}): Promise<Pairs> {
  const python = ensurePythonPeer();
  if (python === undefined) throw new Error("these benchmarks compare with Python: install Python 3.11 or newer");
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-bench-"));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  process.env["PYTHONPATH"] = directoryOfPython;

  const startOurs = async (): Promise<string> => {
    const file = join(directory, "exporter.yaml");
    const type = `${programFile("driver")}#benchDriver`;
    await writeFile(file, `${head}${await exportYaml(type, logFile, join(directory, "ours"))}`);
    return opened.use(await spawnExporter({ configFile: file, cwd: root })).host;
  };
  const startPython = async (): Promise<string> => {
    const yaml = await exportYaml("wire_driver.Bench", logFile, join(directory, "python"));
    return opened.use(await startPythonExporter(yaml)).host;
  };
  const ours = names.some((name) => name === "ours" || name === "Python client, our exporter")
    ? await startOurs()
    : undefined;
  const theirs = names.some((name) => name === "Python" || name === "our client, Python exporter")
    ? await startPython()
    : undefined;

  const ourClient = [process.execPath, [programFile("client")]] as const;
  const pythonClient = [join(python.bin, "python"), [join(directoryOfPython, "wire_client.py")]] as const;
  const of = new Map<PairName, Pair>();
  for (const name of names) {
    const host = name === "ours" || name === "Python client, our exporter" ? ours : theirs;
    const [command, args] = name.startsWith("Python") ? pythonClient : ourClient;
    const env = { JUMPSTARTER_HOST: host, JMP_DRIVERS_ALLOW: "UNSAFE" };
    of.set(name, opened.use(await startLineProcess<Command>(command, args, env)));
  }
  const closing = opened.move();
  return { directory, of, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

const head =
  "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: { namespace: default, name: bench }\n";

/** The same devices under the same names; only the benchmark's own driver is another one. */
async function exportYaml(type: string, logFile: string, storage: string): Promise<string> {
  await mkdir(storage, { recursive: true });
  return `export:
  bench: { type: "${type}", config: { log: "${logFile}" } }
  echo: { type: jumpstarter_driver_network.driver.EchoNetwork }
  power: { type: jumpstarter_driver_power.driver.MockPower }
  storage: { type: jumpstarter_driver_opendal.driver.Opendal, config: { scheme: fs, kwargs: { root: "${storage}" } } }
  flasher: { type: jumpstarter_driver_opendal.driver.MockFlasher }
`;
}
