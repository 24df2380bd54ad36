/** Runs a Python program with the Python client library, as a user would inside `jmp shell`. */
import { execFileSync, spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import type { Writable } from "node:stream";

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

/** A program that runs until it is told to stop. */
export interface RunningPython extends AsyncDisposable {
  readonly stdin: Writable;
  /** Resolves with what it has printed as soon as that matches; rejects when it ends before. */
  printed(pattern: RegExp): Promise<string>;
  /** Ends it as a crash does. */
  kill(): void;
}

/** Starts one of the peer's programs (`python`, `j`, `jmp`, `pytest`) against an exporter. */
export function startPython(program: string, args: readonly string[], options: PythonRun): RunningPython {
  const child = launch(program, args, options);
  let output = "";
  let look = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      look();
    });
  }
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const kill = (): void => {
    if (child.exitCode === null) child.kill("SIGKILL");
  };
  return {
    stdin: child.stdin,
    kill,
    printed(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      look = () => {
        if (pattern.test(output)) resolve(output);
      };
      look();
      void closed.then(() => reject(new Error(`${program} ended without printing ${pattern}:\n${output}`)));
      return within(promise, { timeoutMs: 20_000, what: `${pattern} from ${program} ${args.join(" ")}` });
    },
    async [Symbol.asyncDispose]() {
      kill();
      await closed;
    },
  };
}

/** Runs one of the peer's programs to its end. */
export async function runPython(program: string, args: readonly string[], options: PythonRun): Promise<Finished> {
  const child = launch(program, args, options);
  child.stdin.end(options.input ?? "");
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

/**
 * What upstream's `j` ends with where its command ends with this code: Python before 3.11.4 wraps what `except*` raises,
 * and so ends with 1 and a traceback.
 */
export function exitCodeOfJ(code: number): number {
  const peer = pythonPeer();
  if (peer === undefined) return code;
  const version = execFileSync(join(peer.bin, "python"), ["-c", "import sys; print(sys.version_info >= (3, 11, 4))"]);
  return version.toString().trim() === "True" ? code : 1;
}

function launch(program: string, args: readonly string[], { host, cwd, env = {} }: PythonRun) {
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
  // Broken by a program that has ended, which its exit tells.
  child.stdin.on("error", () => undefined);
  return child;
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
