import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { bin, runCommand } from "../../packages/cli/test/run-command.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

const peer = pythonPeer();
const hasPython = peer !== undefined || process.env["CI"] === "true";
const python = peer?.bin ?? "";

const head =
  "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: { namespace: default, name: bench }\n";
const exportYaml = `export:
  power: { type: jumpstarter_driver_power.driver.MockPower, description: The rail }
  serial: { type: jumpstarter_driver_pyserial.driver.PySerial, config: { url: "loop://" } }
  board: { type: jumpstarter_driver_network.driver.TcpNetwork, config: { host: 127.0.0.1, port: 2222 } }
  flasher: { type: jumpstarter_driver_opendal.driver.MockFlasher }
  card: { type: jumpstarter_driver_opendal.driver.MockStorageMux }
  files: { type: jumpstarter_driver_opendal.driver.Opendal, config: { scheme: fs, kwargs: { root: $DIRECTORY } } }
  tools: { type: jumpstarter_driver_shell.driver.Shell, config: { methods: { greet: "echo hello $1", fail: "exit 3" } } }
  group:
    children:
      same: { ref: power }
`;

let directory: string;
let config: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "jumpstarter-cli-"));
  config = join(directory, "bench.yaml");
  // Ours has no driver that runs commands on the exporter.
  const ours = exportYaml.replace(/^ {2}tools:.*\n/m, "").replace("$DIRECTORY", directory);
  await writeFile(config, `${head}${ours}`);
  await writeFile(join(directory, "image.bin"), "an image");
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe.skipIf(!hasPython)("Python's j inside our jmp shell (set up by node e2e/peers/python.ts)", () => {
  it("uses our devices with its own words", async () => {
    const script = `j power on && j power read && j group --help | grep same && j board address &&
j flasher flash ${directory}/image.bin && j flasher dump ${directory}/dump.bin >/dev/null && cat ${directory}/dump.bin`;

    const { code, stdout } = await runCommand(
      "jmp",
      ["--log-level", "ERROR", "shell", "--exporter-config", config, "--", "sh", "-c", script],
      { env: { PATH: `${python}:${bin}:${process.env["PATH"]}` } },
    );

    expect(code).toBe(0);
    expect(stdout).toContain("voltage=5.0 V  current=2.0 A  apparent_power=10.0 VA\n");
    expect(stdout).toMatch(/^ {2}same /m);
    expect(stdout).toContain("127.0.0.1:2222\n");
    expect(stdout).toMatch(/an image$/);
  });
});

describe.skipIf(!hasPython)("our j with Python's exporter", () => {
  let exporter: Awaited<ReturnType<typeof startPythonExporter>>;

  beforeAll(async () => {
    exporter = await startPythonExporter(exportYaml.replace("$DIRECTORY", directory));
  }, 60_000);

  afterAll(() => exporter[Symbol.asyncDispose]());

  const j = (line: string, input?: string) =>
    runCommand("j", line.split(" "), {
      env: { JUMPSTARTER_HOST: exporter.host },
      ...(input !== undefined && { input }),
    });

  it("runs inside Python's jmp shell", async () => {
    const { code, stdout } = await runCommand(
      join(python, "jmp"),
      ["shell", "--exporter-config", config, "--", join(bin, "j"), "power", "read"],
      { cwd: directory, env: { PATH: `${bin}:${python}:${process.env["PATH"]}` } },
    );

    expect(code).toBe(0);
    expect(stdout).toContain("voltage=5.0 V  current=2.0 A  apparent_power=10.0 VA\n");
  });

  it("measures the same words as Python's j", async () => {
    const theirs = await runCommand(join(python, "j"), ["power", "read"], {
      env: { JUMPSTARTER_HOST: exporter.host, JMP_DRIVERS_ALLOW: "UNSAFE" },
    });
    expect((await j("power read")).stdout).toBe(theirs.stdout);
    expect((await j("board address")).stdout).toBe("127.0.0.1:2222\n");
  });

  it("flashes, dumps and stores", async () => {
    expect((await j(`flasher flash ${directory}/image.bin`)).code).toBe(0);
    expect((await j(`flasher dump -`)).stdout).toBe("an image");
    await j("files write-bytes note.txt", "a note");
    expect((await j("files read-bytes note.txt")).stdout).toBe("a note");
    expect((await j("card host")).code).toBe(0);
  });

  it("talks to its serial port", async () => {
    const { stdout } = await runCommand("j", ["serial", "pipe"], {
      env: { JUMPSTARTER_HOST: exporter.host },
      input: "ping\n",
      signalAt: { text: "ping", signal: "SIGTERM" },
    });
    expect(stdout).toBe("ping\n");
  });

  it("runs the commands of its configuration, and ends with their exit code", async () => {
    expect((await j("tools --help")).stdout).toMatch(/fail .*\n.*greet/);
    expect(await j("tools greet world")).toMatchObject({ code: 0, stdout: "hello world\n" });
    expect((await j("tools fail")).code).toBe(3);
  });

  it("calls what it knows nothing of, by name", async () => {
    expect((await j("call power read")).stdout).toContain('"voltage": 5');
    const { code, stderr } = await j("call power explode");
    expect([code, stderr]).toEqual([1, expect.stringContaining("power.explode")]);
  });
});
