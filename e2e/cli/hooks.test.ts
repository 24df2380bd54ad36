import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { within } from "@jumpstarter-ts/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { bin } from "../../packages/cli/test/run-command.ts";
import { pythonPeer } from "../peers/python.ts";

const peer = pythonPeer();
const hasPython = peer !== undefined || process.env["CI"] === "true";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "jumpstarter-hooks-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Runs an exporter in earnest until it is ready, then ends it as a service manager would. */
async function runOnce(j: string): Promise<{ code: number | null; log: string }> {
  const file = join(directory, "bench.yaml");
  await writeFile(
    file,
    `apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata: { namespace: default, name: bench }
export:
  power: { type: jumpstarter_driver_power.driver.MockPower }
hooks:
  beforeLease: { script: "${j} power on && ${j} power read > ${directory}/before && echo lease may begin" }
  afterLease: { script: "${j} power off && echo done > ${directory}/after" }
`,
  );
  const child = spawn(
    join(bin, "jmp"),
    ["run", "--exporter-config", file, "--tls-grpc-listener", "127.0.0.1:0", "--tls-grpc-insecure"],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  const ready = new Promise<void>((resolve) => {
    child.stderr.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes("lease may begin")) resolve();
    });
  });
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  try {
    await within(Promise.race([ready, closed]), { timeoutMs: 30_000, what: "the start of jmp run" });
    child.kill("SIGTERM");
    return { code: await within(closed, { timeoutMs: 30_000, what: "the end of jmp run" }), log };
  } finally {
    if (child.exitCode === null) child.kill("SIGKILL");
  }
}

describe.each([
  { whose: "our j, found beside jmp", command: () => "j", isThere: true },
  { whose: "Python's j", command: () => join(peer?.bin ?? "", "j"), isThere: hasPython },
])("hooks that call $whose", ({ command, isThere }) => {
  it.skipIf(!isThere)(
    "use the devices before and after, and the exporter ends in order",
    async () => {
      const { code, log } = await runOnce(command());

      expect(log).toContain("power on");
      expect(log).toContain("power off");
      expect(await readFile(join(directory, "before"), "utf8")).toContain("voltage=5.0 V  current=2.0 A");
      expect(await readFile(join(directory, "after"), "utf8")).toBe("done\n");
      expect(code).toBe(128 + 15);
      await Promise.all(["before", "after"].map((file) => rm(join(directory, file))));
    },
    60_000,
  );
});
