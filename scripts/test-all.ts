/** Every test of the repository and of the examples. Ends with one line: N passed, N failed, N skipped. */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { ensurePythonPeer } from "../e2e/peers/python.ts";
import { hasLinuxBoard } from "../fixtures/boards/linux/index.ts";
import { ensureDebianPackages } from "./debian.ts";
import { root, step } from "./step.ts";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

ensureDebianPackages(existsSync);
ensurePython();
step("build", "tsc", ["-b"]);
step("the host process in few files", "node", ["packages/exporter/bundle.ts"]);

const total = { passed: 0, failed: 0, skipped: 0 };
let isBroken = false;
mkdirSync(join(root, ".cache"), { recursive: true });
run("repository", root);
for (const config of globSync("examples/*/vitest.config.ts", { cwd: root })) {
  const directory = join(root, dirname(config));
  if (!prepareBoard(directory)) continue;
  run(dirname(config).replace("/", "-"), directory);
}

console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = isBroken || total.failed > 0 ? 1 : 0;

/** The suites in e2e/interop and e2e/clients talk to a real Python peer; CI never skips them. */
function ensurePython(): void {
  if (ensurePythonPeer() !== undefined) return;
  const sentence =
    "The suites with a Python peer are skipped, for there is no Python 3.11 or newer with venv; to run them: sudo apt-get install -y python3 python3-venv";
  if (process.env["CI"] === "true") {
    console.error(`✗ ${sentence} (CI never skips)`);
    process.exit(1);
  }
  console.warn(sentence);
}

/** Makes the files of an example's board, where it has such. False where this machine cannot, which CI refuses. */
function prepareBoard(directory: string): boolean {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    readFileSync(join(directory, "package.json"), "utf8"),
  );
  if (scripts["board"] === undefined) return true;
  if (existsSync("/usr/bin/qemu-system-aarch64") && hasLinuxBoard()) {
    step(`the board of ${basename(directory)}`, "npm", ["run", "--silent", "--prefix", directory, "board"]);
    return true;
  }
  const sentence = `The example ${basename(directory)} is skipped, for its board cannot be built here`;
  if (process.env["CI"] === "true") {
    console.error(`✗ ${sentence} (CI never skips)`);
    process.exit(1);
  }
  console.warn(sentence);
  return false;
}

function run(title: string, directory: string): void {
  console.log(`\n▸ tests: ${title}`);
  const outputFile = join(root, ".cache", `tests-${title}.json`);
  rmSync(outputFile, { force: true });
  const { status } = spawnSync(
    join(root, "node_modules/.bin/vitest"),
    ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${outputFile}`, ...process.argv.slice(2)],
    { cwd: directory, stdio: ["ignore", "inherit", "inherit"] },
  );
  if (!existsSync(outputFile)) {
    console.error(`✗ ${title}: vitest ended with ${status} and left no report`);
    isBroken = true;
    return;
  }
  const report: Report = JSON.parse(readFileSync(outputFile, "utf8"));
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  isBroken ||= status !== 0;
}
