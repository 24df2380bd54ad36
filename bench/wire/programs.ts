import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { root } from "../../scripts/step.ts";

const directory = join(root, ".cache", "bench-programs");
let isBuilt = false;

/** A program of the benchmarks as JavaScript: stripping types as they run would cost them 15 MB and 50 ms. */
export function programFile(name: string): string {
  if (!isBuilt) build();
  isBuilt = true;
  const file = join(directory, `${name}.js`);
  if (!existsSync(file)) throw new Error(`there is no ${file}: bench/wire/tsconfig.json does not name ${name}.ts`);
  return file;
}

function build(): void {
  const { status, stdout } = spawnSync(join(root, "node_modules", ".bin", "tsc"), ["-p", join(root, "bench", "wire")], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the programs of the benchmarks cannot be built:\n${stdout}`);
}
