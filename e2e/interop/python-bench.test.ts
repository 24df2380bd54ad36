import { spawn } from "node:child_process";
import { join } from "node:path";

import { within } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { root } from "../../scripts/step.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

const hasPython = pythonPeer() !== undefined || process.env["CI"] === "true";

describe.skipIf(!hasPython)("a test author's project with the fixtures of our Vitest plugin", () => {
  it("passes on the devices of an unmodified Python exporter", async () => {
    await using exporter = await startPythonExporter(`
export:
  power: { type: jumpstarter_driver_power.driver.MockPower }
  serial: { type: jumpstarter_driver_pyserial.driver.PySerial, config: { url: "loop://" } }
`);

    const { exitCode, output } = await runVitest(join(root, "e2e", "interop", "python-bench"), exporter.host);

    expect(output).toMatch(/2 passed/);
    expect(exitCode).toBe(0);
  }, 60_000);
});

async function runVitest(directory: string, host: string): Promise<{ exitCode: number | null; output: string }> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  const child = spawn(join(root, "node_modules", ".bin", "vitest"), ["run"], {
    cwd: directory,
    env: { ...env, JUMPSTARTER_HOST: host, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  try {
    return { exitCode: await within(closed, { timeoutMs: 45_000, what: "the run of the project" }), output };
  } finally {
    if (child.exitCode === null) child.kill("SIGTERM");
  }
}
