import { chmodSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";

import { loadExporterConfig } from "@jumpstarter-ts/config";
import { startExporter, type RunningExporter } from "@jumpstarter-ts/exporter";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { hasSshd, startSshd, type Sshd } from "../../../../e2e/clients/sshd.ts";
import { createBenchDirectory, type BenchDirectory } from "../../test/bench-config.ts";
import { bin, runCommand, type RunOptions } from "../../test/run-command.ts";

const isCi = process.env["CI"] === "true";

const yaml = (port: number, identity: string): string => `export:
  ssh:
    type: jumpstarter_driver_ssh.driver.SSHWrapper
    config: { default_username: ${userInfo().username}, ssh_identity_file: ${identity} }
    children:
      tcp: { type: jumpstarter_driver_network.driver.TcpNetwork, config: { host: 127.0.0.1, port: ${port} } }
  tmt:
    type: jumpstarter_driver_tmt.driver.TMT
    config: { reboot_cmd: j power cycle, default_username: root, default_password: secret }
    children:
      ssh: { type: jumpstarter_driver_network.driver.TcpNetwork, config: { host: 127.0.0.1, port: ${port} } }
`;

let bench: BenchDirectory;
let exporter: RunningExporter;

async function start(port: number, identity = "none"): Promise<void> {
  bench = createBenchDirectory(yaml(port, identity));
  exporter = await startExporter({ config: await loadExporterConfig(bench.config) });
}

async function stop(): Promise<void> {
  await exporter?.close();
  bench?.[Symbol.dispose]();
}

const j = (words: readonly string[], { env, ...options }: RunOptions = {}) =>
  runCommand("j", words, { ...options, env: { ...env, JUMPSTARTER_HOST: exporter.host } });

describe.skipIf(!hasSshd && !isCi)("j ssh, before a real sshd", { timeout: 60_000 }, () => {
  let server: Sshd;

  beforeAll(async () => {
    server = await startSshd();
    await start(server.port, server.identity);
  });
  afterAll(async () => {
    await stop();
    await server?.[Symbol.asyncDispose]();
  });

  it("runs a command on the device and ends with its exit code", async () => {
    expect(await j(["ssh", "echo out; echo err >&2; exit 3"])).toEqual({ code: 3, stdout: "out\n", stderr: "err\n" });
  });

  it("hands stdin through", async () => {
    expect(await j(["ssh", "cat"], { input: "through" })).toEqual({ code: 0, stdout: "through", stderr: "" });
  });

  it("leaves the words behind the first of the command alone, and reads its own option before it", async () => {
    const words = ["ssh", "--direct", "-q", "printf", "'%s '", "--direct", "--help", "--", "-x", '"$SSH_CONNECTION"'];

    const { code, stdout } = await j(words);

    expect([code, stdout]).toEqual([0, expect.stringMatching(`^--direct --help -- -x .* ${server.port} $`)]);
  });

  it("shows what the command says as it says it, until Ctrl+C ends it", async () => {
    const endless = "echo $$; while sleep 0.05; do echo tick; done";

    const { code, stdout, stderr } = await j(["ssh", endless], { signalAt: { text: "tick", signal: "SIGINT" } });

    expect([code, stderr]).toEqual([2, ""]);
    const pid = Number(stdout.split("\n", 1)[0]);
    // It is on this machine too, and learns that nobody reads any more.
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
  });

  it("still has the devices below it", async () => {
    expect((await j(["ssh", "tcp", "address", "--port"])).stdout).toBe(`${server.port}\n`);
    expect(await j(["ssh", "--", "tcp"])).toMatchObject({ code: 127, stderr: expect.stringMatching(/tcp.*not found/) });
  });

  it("says in one sentence that there is no ssh on this machine", async () => {
    const PATH = bench.path;

    const { code, stderr } = await runCommand(process.execPath, [join(bin, "j"), "ssh", "true"], {
      env: { PATH, JUMPSTARTER_HOST: exporter.host },
    });

    expect([code, stderr]).toEqual([1, "Error: ssh is not installed on this machine, or not on its PATH\n"]);
  });
});

describe("j with devices that are commands", { timeout: 60_000 }, () => {
  beforeAll(() => start(2222));
  afterAll(stop);

  it("explains them, with the devices below", async () => {
    const { code, stdout } = await j(["ssh", "--help"]);

    expect(code).toBe(0);
    expect(stdout).toContain("Usage: j ssh [OPTIONS] [ARGS...]\n\n  Run a command on the device over ssh, or log in\n");
    expect(stdout).toMatch(/ --direct +Connect to the device's own address/);
    expect(stdout).toMatch(/\nCommands:\n +tcp +A network connection\n$/);
    expect((await j(["tmt", "--help"])).stdout).toMatch(/ --tmt-cmd PROGRAM +The program to run/);
  });

  it("completes their options and the devices below, and none of what is another program's", async () => {
    const completed = async (...words: readonly string[]) => (await j(["__complete", ...words])).stdout;

    expect(await completed("ssh", "")).toBe("tcp\n");
    expect(await completed("ssh", "--")).toBe("--direct\n--help\n");
    expect(await completed("ssh", "tcp", "addr")).toBe("address\n");
    expect(await completed("ssh", "uname", "--")).toBe("");
    // Shells take files for the whole answer, or not at all.
    expect(await completed("tmt", "")).toBe("ssh\n");
    expect(await completed("tmt", "pl")).toBe("__files__\n");
    expect(await completed("tmt", "--tmt-cmd", "")).toBe("__files__\n");
    expect(await completed("tmt", "run", "--plan", "")).toBe("__files__\n");
  });

  it("runs this machine's tmt with the device as its guest, and ends with its exit code", async () => {
    // Debian has no tmt: a stand-in says what it is given.
    const program = bench.file("tmt", '#!/bin/sh\necho "$@"\nexit 2\n');
    chmodSync(program, 0o755);
    const words = ["--tmt-cmd", program, "--tmt-username=me", "--tmt-password", "p", "run", "--all", "--tmt-cmd", "x"];

    const [given, usual, forwarded] = await Promise.all([
      j(["tmt", ...words]),
      j(["tmt", "run"], { env: { PATH: `${bench.path}:${process.env["PATH"]}` } }),
      j(["tmt", "--forward-ssh", "--tmt-cmd", program, "run", "plan"]),
    ]);

    const reboot = "--feeling-safe --hard-reboot j power cycle\n";
    expect(given).toEqual({
      code: 2,
      stdout: `run --all --tmt-cmd x provision -h connect -g 127.0.0.1 -P 2222 -u me -p p ${reboot}`,
      stderr: "",
    });
    expect(usual.stdout).toBe(`run provision -h connect -g 127.0.0.1 -P 2222 -u root -p secret ${reboot}`);
    expect(forwarded.stdout).toMatch(/-g 127\.0\.0\.1 -P (?!2222)\d+ /);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
