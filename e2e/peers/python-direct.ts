/** Python's exporter on TCP, as a lab owner would start it: `jmp run --tls-grpc-listener`. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

import { within } from "@jumpstarter-ts/core";

import { freeTcpPort } from "../clients/free-port.ts";
import { pythonPeer } from "./python.ts";

export interface PythonDirectExporter extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** What it has logged so far. */
  log(): string;
}

export interface PythonDirectOptions {
  /** The `export:` section as YAML. */
  readonly exportYaml: string;
  /** PEM; plaintext without. */
  readonly tls?: { readonly certificateChain: string; readonly key: string };
  readonly passphrase?: string;
}

export async function startPythonDirect({
  exportYaml,
  tls,
  passphrase,
}: PythonDirectOptions): Promise<PythonDirectExporter> {
  const peer = pythonPeer();
  if (peer === undefined) throw new Error("the Python peer is not set up: node e2e/peers/python.ts");
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-python-"));
  const file = (name: string): string => join(directory, name);
  const head =
    "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: { namespace: default, name: python }\n";
  await writeFile(file("exporter.yaml"), `${head}${exportYaml}`);
  if (tls !== undefined) {
    await writeFile(file("cert.pem"), tls.certificateChain);
    await writeFile(file("key.pem"), tls.key);
  }
  const host = `127.0.0.1:${await freeTcpPort()}`;
  const security =
    tls === undefined ? ["--tls-grpc-insecure"] : ["--tls-cert", file("cert.pem"), "--tls-key", file("key.pem")];
  const listener = ["--tls-grpc-listener", host, ...security];
  if (passphrase !== undefined) listener.push("--passphrase", passphrase);
  const child = spawn(join(peer.bin, "jmp"), ["run", "--exporter-config", file("exporter.yaml"), ...listener], {
    cwd: directory,
    // Its socket goes where we clean up, also after a crash.
    env: {
      ...process.env,
      XDG_RUNTIME_DIR: directory,
      TMPDIR: directory,
      PATH: `${peer.bin}${delimiter}${process.env["PATH"]}`,
      PYTHONUNBUFFERED: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const log = (): string => lines.join("\n");
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on("line", (line) => {
        lines.push(line);
        if (line.includes("Session server started")) resolve();
      });
    }
    void exited.then(() => reject(new Error(`Python's exporter ended before it was ready:\n${log()}`)));
  });
  const close = async (): Promise<void> => {
    // It forwards the signal to the process that serves.
    if (child.exitCode === null) child.kill("SIGTERM");
    await within(exited, { timeoutMs: 15_000, what: "the end of Python's exporter" });
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await within(ready, { timeoutMs: 30_000, what: "the start of Python's exporter" });
    return { host, log, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
