/** Python's exporter as a user would start it: `jmp shell --exporter-config FILE`, whose command hands us its address. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

import { within } from "@jumpstarter-ts/core";

import { pythonPeer } from "./python.ts";

export interface PythonExporter extends AsyncDisposable {
  /** What JUMPSTARTER_HOST is in its shell. */
  readonly host: string;
  /** The directory of its configuration file: its working directory. */
  readonly directory: string;
  /** Ends it the hard way, as a peer that dies in the middle. */
  kill(): void;
}

/** Starts a Python exporter with the `export:` section given as YAML, indented as at the top level. */
export async function startPythonExporter(exportYaml: string): Promise<PythonExporter> {
  const peer = pythonPeer();
  if (peer === undefined) throw new Error("the Python peer is not set up: node e2e/peers/python.ts");
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-python-"));
  const file = join(directory, "exporter.yaml");
  const head =
    "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: { namespace: default, name: python }\n";
  await writeFile(file, `${head}${exportYaml}`);
  // The command prints the address and then waits for its standard input to end, which is when the exporter ends.
  const child = spawn(
    join(peer.bin, "jmp"),
    ["shell", "--exporter-config", file, "--", "sh", "-c", 'echo "HOST=$JUMPSTARTER_HOST"; cat >/dev/null'],
    {
      cwd: directory,
      // Its socket goes where we clean up, also after a crash.
      env: {
        ...process.env,
        XDG_RUNTIME_DIR: directory,
        TMPDIR: directory,
        PATH: `${peer.bin}${delimiter}${process.env["PATH"]}`,
      },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    },
  );
  const log: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => log.push(chunk.toString()));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const address = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("HOST=")) resolve(line.slice("HOST=".length));
      else log.push(`${line}\n`);
    });
    void exited.then(() => reject(new Error(`Python's exporter ended before it was ready:\n${log.join("")}`)));
  });
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  };
  const close = async (): Promise<void> => {
    child.stdin.end();
    try {
      await within(exited, { timeoutMs: 10_000, what: "the end of Python's exporter" });
    } catch {
      kill();
    }
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const host = await within(address, { timeoutMs: 30_000, what: "the start of Python's exporter" });
    return { host, directory, kill, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
