/**
 * Judges the files of this directory with the tools of those who read them: systemd-analyze (Debian's systemd), udevadm
 * (udev, from 254), podman's generator, hadolint. One that is not installed is told and passed over; `--strict` fails then.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const directory = import.meta.dirname;
const isStrict = process.argv.includes("--strict");
const at = (file: string): string => join(directory, file);

interface Check {
  readonly what: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Of the tool, where it may be too old for this. */
  readonly probe?: readonly string[];
}

const runtime = mkdtempSync(join(tmpdir(), "deploy-"));
const unit = at("systemd/jumpstarter-exporter@.service");
const checks: readonly Check[] = [
  { what: "the systemd unit", program: "systemd-analyze", args: ["verify", "--man=no", unit] },
  { what: "the Containerfile", program: "hadolint", args: [at("Containerfile")] },
  {
    what: "the udev rules",
    program: "udevadm",
    args: ["verify", at("udev/70-jumpstarter.rules")],
    probe: ["verify", "--help"],
  },
  {
    what: "the quadlet",
    program: "/usr/lib/systemd/system-generators/podman-system-generator",
    args: ["--dryrun"],
    env: { QUADLET_UNIT_DIRS: at("quadlet") },
  },
];

try {
  for (const check of checks) run(check);
  checkRules(readFileSync(at("udev/70-jumpstarter.rules"), "utf8"));
} finally {
  rmSync(runtime, { recursive: true, force: true });
}

function run({ what, program, args, env, probe }: Check): void {
  const isThere = program.startsWith("/") ? existsSync(program) : spawnSync(program, ["--version"]).error === undefined;
  if (!isThere || (probe !== undefined && spawnSync(program, probe).status !== 0)) {
    say(`- ${what}: not checked, for ${program} is not installed or too old`);
    if (isStrict) process.exitCode = 1;
    return;
  }
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, XDG_RUNTIME_DIR: runtime, ...env },
  });
  // systemd-analyze tells unknown keys on stderr and still ends with 0.
  const complaint = program === "systemd-analyze" ? stderr : status === 0 ? "" : `${stdout}${stderr}`;
  verdict(what, complaint);
}

/** What every udev knows: each line is pairs of a key, an operator and a quoted value, and each GOTO has its LABEL. */
function checkRules(text: string): void {
  const rules = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const pair = /^[A-Z]+(?:\{\w+\})?\s*(?:==|!=|\+=|:=|=)\s*"[^"]*"$/;
  const wrong = rules.filter((rule) => !rule.split(/,\s*/).every((each) => pair.test(each)));
  const labels = new Set([...text.matchAll(/LABEL="(\w+)"/g)].map(([, name]) => name));
  const lost = [...text.matchAll(/GOTO="(\w+)"/g)].map(([, name]) => name).filter((name) => !labels.has(name));
  verdict("the shape of the udev rules", [...wrong, ...lost].join("\n"));
}

function verdict(what: string, complaint: string): void {
  if (complaint.trim() === "") return say(`✓ ${what}`);
  say(`✗ ${what}:\n${complaint.trim()}`);
  process.exitCode = 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
