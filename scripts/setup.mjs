// Brings what the project needs into a fresh clone, then runs the npm script that is named. Plain JavaScript for the
// Node that a newcomer has (20 or newer): from here on the pinned Node of the npm package `node` is used.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".jumpstarter-setup");
const [script, ...args] = process.argv.slice(2);

/** What was installed last: the lock file and the machine it was installed for. */
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .update(`${process.platform} ${process.arch}`)
  .digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  console.error("Installing the npm packages of the lock file (once)…");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(stamp, wanted);
}
if (script !== undefined) run("npm", ["run", "--silent", script, "--", ...args]);

function run(command, commandArgs) {
  const { status, error } = spawnSync(command, commandArgs, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
