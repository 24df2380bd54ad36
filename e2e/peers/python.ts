/**
 * The real Python peer: Jumpstarter 0.9.0 from its package registry in a virtual environment under .cache, made once.
 * `node e2e/peers/python.ts` makes it by hand.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../../scripts/step.ts";

const directory = join(root, ".cache", "python");
const requirements = join(root, "e2e", "peers", "requirements.txt");
const alone = join(root, "e2e", "peers", "requirements-alone.txt");
const stamp = join(directory, ".installed");
const wanted = createHash("sha256").update(readFileSync(requirements)).update(readFileSync(alone)).digest("hex");

export interface PythonPeer {
  /** The directory with `python`, `jmp`, `j` and `pytest`: first on the PATH of what runs as the peer. */
  readonly bin: string;
}

/** The peer if it has been set up; undefined otherwise. */
export function pythonPeer(): PythonPeer | undefined {
  const isReady = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  return isReady ? { bin: join(directory, "bin") } : undefined;
}

/** Sets the peer up unless it is there already. Gives undefined where there is no Python 3.11 or newer. */
export function ensurePythonPeer(): PythonPeer | undefined {
  const ready = pythonPeer();
  if (ready !== undefined) return ready;
  const python = ["python3.13", "python3.12", "python3.11", "python3"].find(isNewEnough);
  if (python === undefined) return undefined;
  console.log("Setting up Jumpstarter 0.9.0 for Python (once, about a minute)…");
  rmSync(directory, { recursive: true, force: true });
  run(python, ["-m", "venv", directory]);
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  run(join(directory, "bin", "python"), [...install, "-r", requirements]);
  run(join(directory, "bin", "python"), [...install, "--no-deps", "-r", alone]);
  writeFileSync(stamp, wanted);
  return pythonPeer();
}

function isNewEnough(python: string): boolean {
  return spawnSync(python, ["-c", "import sys, venv; sys.exit(sys.version_info < (3, 11))"]).status === 0;
}

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`);
}

if (import.meta.main) {
  const peer = ensurePythonPeer();
  console.log(peer === undefined ? "There is no Python 3.11 or newer here." : `Ready: ${peer.bin}`);
  process.exitCode = peer === undefined ? 1 : 0;
}
