/**
 * Runs the suite on the newest Node 22, 24 and 26, each from its npm package, installed under .cache/nodes. A version
 * is named by its major: `npm run check:nodes -- 22`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { root } from "./step.ts";

const majors = process.argv.length > 2 ? process.argv.slice(2) : ["22", "24", "26"];
const failed: string[] = [];

for (const major of majors) {
  const directory = join(root, ".cache", "nodes", major);
  mkdirSync(directory, { recursive: true });
  if (!existsSync(join(directory, "package.json"))) writeFileSync(join(directory, "package.json"), `{"private":true}`);
  const install = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", `node@${major}`], {
    cwd: directory,
    stdio: "inherit",
  });
  const node = join(directory, "node_modules", "node", "bin", "node");
  if (install.status !== 0 || !existsSync(node)) {
    failed.push(`${major} (could not be installed)`);
    continue;
  }
  console.log(`\n▸ Node ${spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim()}`);
  const { status } = spawnSync(node, [join(root, "scripts", "test-all.ts")], {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      PATH: `${join(directory, "node_modules", "node", "bin")}${delimiter}${process.env["PATH"]}`,
    },
  });
  if (status !== 0) failed.push(major);
}

console.log(
  failed.length === 0 ? `\nThe suite passes on Node ${majors.join(", ")}.` : `\nFailed on Node ${failed.join(", ")}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
