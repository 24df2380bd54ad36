/** Runs a Python program with the Python client library, as a user would inside `jmp shell`. */
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";

import { within } from "@jumpstarter-ts/core";

import { pythonPeer } from "./python.ts";

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PythonRun {
  readonly host: string;
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Runs one of the peer's programs (`python`, `j`, `jmp`, `pytest`) against an exporter. */
export async function runPython(
  program: string,
  args: readonly string[],
  { host, cwd, env = {}, input = "" }: PythonRun,
): Promise<Finished> {
  const peer = pythonPeer();
  if (peer === undefined) throw new Error("the Python peer is not set up: node e2e/peers/python.ts");
  const child = spawn(join(peer.bin, program), args, {
    cwd,
    env: {
      ...process.env,
      PATH: `${peer.bin}${delimiter}${process.env["PATH"]}`,
      JUMPSTARTER_HOST: host,
      JMP_DRIVERS_ALLOW: "UNSAFE",
      PYTHONUNBUFFERED: "1",
      ...env,
    },
  });
  child.stdin.end(input);
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text.stderr += chunk.toString()));
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  try {
    return { exitCode: await within(closed, { timeoutMs: 60_000, what: `${program} ${args.join(" ")}` }), ...text };
  } finally {
    if (child.exitCode === null) child.kill("SIGKILL");
  }
}

/** Runs a Python script whose variable `client` is the root device, and gives what it assigned to `answer`. */
export async function pythonSession(
  host: string,
  script: string,
  cwd?: string,
  env?: Readonly<Record<string, string>>,
): Promise<unknown> {
  const program = `import json
from jumpstarter.utils.env import env
with env() as client:
${script
  .trim()
  .split("\n")
  .map((line) => `    ${line}`)
  .join("\n")}
    print(); print("ANSWER=" + json.dumps(answer), flush=True)
`;
  const { exitCode, stdout, stderr } = await runPython("python", ["-c", program], { host, cwd, ...(env && { env }) });
  if (exitCode !== 0) throw new Error(`the Python client ended with ${exitCode}:\n${stdout}\n${stderr}`);
  // Progress bars may share the output; ours is the line that says so.
  return JSON.parse(/^ANSWER=(.*)$/m.exec(stdout)?.[1] ?? "null");
}
