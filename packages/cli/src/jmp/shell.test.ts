import { existsSync, readFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createBenchDirectory, type BenchDirectory } from "../../test/bench-config.ts";
import { runCommand, type Finished, type RunOptions } from "../../test/run-command.ts";

let bench: BenchDirectory;

beforeAll(() => {
  bench = createBenchDirectory();
});

afterAll(() => bench[Symbol.dispose]());

const shell = (words: readonly string[], options: RunOptions = {}): Promise<Finished> =>
  runCommand("jmp", ["--log-level", "ERROR", "shell", "--exporter-config", bench.config, "--", ...words], options);

describe("jmp shell around a command", () => {
  it("gives it the variables that lead to the exporter, and removes the socket in the end", async () => {
    const { code, stdout, stderr } = await shell(["sh", "-c", 'test -S "$JUMPSTARTER_HOST" && env']);

    expect([code, stderr]).toEqual([0, ""]);
    const env = Object.fromEntries(stdout.split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2)));
    expect(env).toMatchObject({ JMP_DRIVERS_ALLOW: "UNSAFE", _JMP_SUPPRESS_DRIVER_WARNINGS: "1" });
    expect(existsSync(env["JUMPSTARTER_HOST"])).toBe(false);
  });

  it("ends with the command's exit code, also with that of a signal", async () => {
    const [seven, killed] = await Promise.all([shell(["sh", "-c", "exit 7"]), shell(["sh", "-c", "kill -TERM $$"])]);
    expect([seven.code, killed.code]).toEqual([7, 143]);
  });

  it("passes SIGTERM on, waits for the command, leaves the bench in its safe state, and ends with 2", async () => {
    const script = "trap 'echo tidied; exit 0' TERM; j power on; echo ready; while :; do sleep 0.05; done";
    const finished = await runCommand("jmp", ["shell", "--exporter-config", bench.config, "--", "bash", "-c", script], {
      signalAt: { text: "ready", signal: "SIGTERM" },
    });

    expect([finished.code, finished.stdout]).toEqual([2, "ready\ntidied\n"]);
    expect(finished.stderr).toMatch(/power on[\s\S]*power off/);
  });

  it("keeps data and logs apart, and both without colour in a pipe", async () => {
    const script = "j power on; j power read; j --help; j pwer";
    const { stdout, stderr } = await runCommand("jmp", [
      "shell",
      "--exporter-config",
      bench.config,
      "--",
      "sh",
      "-c",
      script,
    ]);

    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "voltage=0.0 V  current=0.0 A  apparent_power=0.0 VA",
      "voltage=5.0 V  current=2.0 A  apparent_power=10.0 VA",
      "Usage: j [OPTIONS] COMMAND",
    ]);
    expect(stderr).toContain("INFO driver.power: power on\n");
    expect(stdout + stderr).not.toContain("\u001B");
  });

  it("ends quietly when nobody reads any more", async () => {
    const { stdout, stderr } = await shell([
      "bash",
      "-c",
      'j power read -n 0 -i 0 | head -n 1; echo "${PIPESTATUS[0]}"',
    ]);
    expect([stdout, stderr]).toEqual(["voltage=0.0 V  current=0.0 A  apparent_power=0.0 VA\n141\n", ""]);
  });
});

describe("jmp run", () => {
  it("serves direct clients until SIGTERM, and then ends with 143", async () => {
    const directory = createBenchDirectory("export:\n  power: { type: jumpstarter_driver_power.driver.MockPower }\n");
    using _ = directory;
    const script = `jmp run --exporter-config ${directory.config} --tls-grpc-listener 127.0.0.1:0 --tls-grpc-insecure --passphrase s3cret 2>${directory.file("log")} &
for i in $(seq 200); do host=$(sed -n 's/.*serving .* at //p' ${directory.file("log")}); test -n "$host" && break; sleep 0.05; done
jmp shell --tls-grpc $host --tls-grpc-insecure --passphrase s3cret -- sh -c 'j power read && env | grep ^JMP_ | sort; exit 5'; echo "shell: $?"
jmp shell --tls-grpc $host --tls-grpc-insecure -- true; echo "no passphrase: $?"
kill -TERM %1; wait %1; echo "run: $?"`;
    const { stdout, stderr } = await runCommand("bash", ["-c", `set -m; ${script}`]);

    expect(stdout).toBe(`voltage=0.0 V  current=0.0 A  apparent_power=0.0 VA
voltage=5.0 V  current=2.0 A  apparent_power=10.0 VA
JMP_DRIVERS_ALLOW=UNSAFE
JMP_EXPORTER=direct
JMP_GRPC_INSECURE=1
JMP_GRPC_PASSPHRASE=s3cret
JMP_LEASE=direct
shell: 5
no passphrase: 1
run: 143
`);
    expect(stderr).toContain("passphrase");
    expect(readFileSync(directory.file("log"), "utf8")).toContain("serving");
  });
});
