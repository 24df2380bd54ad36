/** Every benchmark, or the ones named: `npm run bench -- console board`. Prints tables and writes .cache/bench.json. */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

import { root, step } from "../scripts/step.ts";
import { type Figure, printFigures, reaches } from "./figure.ts";

const suites: Readonly<Record<string, () => Promise<Figure[]>>> = {
  console: async () => (await import("./console.ts")).benchConsole(),
  board: async () => (await import("./board.ts")).benchBoard(),
  calls: async () => (await import("./wire/calls.ts")).benchCalls(),
  streams: async () => (await import("./wire/streams.ts")).benchStreams(),
  storage: async () => (await import("./wire/storage.ts")).benchStorage(),
  servers: async () => (await import("./servers.ts")).benchServers(),
  start: async () => (await import("./wire/start.ts")).benchStart(),
  "wait-for": async () => (await import("./wire/wait-for.ts")).benchWaitFor(),
  memory: async () => (await import("./wire/memory.ts")).benchMemory(),
  boot: async () => (await import("./boot.ts")).benchBoot(),
  example: async () => (await import("./example.ts")).benchExample(),
  cli: async () => (await import("./cli.ts")).benchCli(),
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(suites);
const results: Record<string, readonly (Figure & { readonly reached?: boolean | undefined })[]> = {};

step("build", "tsc", ["-b"]);
step("the host process in few files, as it is published", "node", ["packages/exporter/bundle.ts"]);
console.log(`Node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? "unknown processor"}`);
for (const name of names) {
  const suite = suites[name];
  if (suite === undefined)
    throw new Error(`there is no benchmark ${name}; there are ${Object.keys(suites).join(", ")}`);
  const figures = await suite();
  printFigures(name, figures);
  results[name] = figures.map((figure) => ({ ...figure, reached: reaches(figure) }));
}
mkdirSync(join(root, ".cache"), { recursive: true });
writeFileSync(join(root, ".cache", "bench.json"), `${JSON.stringify(results, null, 2)}\n`);
