import { readFileSync } from "node:fs";
import { release, userInfo } from "node:os";
import { dirname, relative } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { ssh, type SshClient } from "@jumpstarter-ts/driver-ssh";
import type { RunningExporter } from "@jumpstarter-ts/exporter";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { hasSshd, startSshd, type Sshd } from "../clients/sshd.ts";
import { exitCodeOfJ, pythonSession, runPython } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

const isCi = process.env["CI"] === "true";

// #region example
async function kernel(device: { readonly ssh: SshClient }): Promise<string> {
  const { stdout, exitCode } = await device.ssh.run("uname -r", { timeoutMs: 10_000 });
  expect(exitCode).toBe(0);
  return stdout;
}
// #endregion

describe.skipIf(!hasSshd && !isCi)("our ssh driver before a real sshd", () => {
  let server: Sshd;
  let exporter: RunningExporter;

  beforeAll(async () => {
    server = await startSshd();
    exporter = await startOurs(`export:
  ssh:
    type: jumpstarter_driver_ssh.driver.SSHWrapper
    config:
      default_username: ${userInfo().username}
      ssh_identity_file: ${relative(import.meta.dirname, dirname(server.identity))}/user
    children:
      tcp:
        type: jumpstarter_driver_network.driver.TcpNetwork
        config: { host: 127.0.0.1, port: ${server.port} }
`);
  });
  afterAll(async () => {
    await exporter?.close();
    await server?.[Symbol.asyncDispose]();
  });

  it("runs commands for our client, with the key that lies on the exporter", { timeout: 30_000 }, async () => {
    await using session = await connect({ host: exporter.host });
    const client = session.device("ssh").as(ssh);

    expect(await client.identity()).toBe(readFileSync(server.identity, "utf8"));
    expect(await client.run("echo out; echo err >&2; exit 3")).toEqual({
      stdout: "out\n",
      stderr: "err\n",
      exitCode: 3,
    });
    expect(await kernel({ ssh: client })).toBe(`${release()}\n`);
    expect((await client.run("cat", { input: "through" })).stdout).toBe("through");
    expect((await client.run("echo direct", { isDirect: true })).stdout).toBe("direct\n");
  });

  describe.skipIf(pythonPeer() === undefined && !isCi)("for Python", () => {
    const j = (...args: readonly string[]) => runPython("j", args, { host: exporter.host });

    it("answers to `j ssh`, also directly", { timeout: 60_000 }, async () => {
      const [through, direct] = await Promise.all([
        j("ssh", "echo out; echo err >&2; exit 3"),
        j("ssh", "--direct", "echo $SSH_CONNECTION"),
      ]);

      expect(through).toEqual({ exitCode: exitCodeOfJ(3), stdout: "out\n", stderr: expect.stringMatching(/^err\n/) });
      expect(direct).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(` ${server.port}\n`) });
    });

    it("answers to its client", { timeout: 60_000 }, async () => {
      const answer = await pythonSession(
        exporter.host,
        `
from jumpstarter_driver_ssh.client import SSHCommandRunOptions
result = client.ssh.run(SSHCommandRunOptions(), ["printf", "%s", "through"])
with client.ssh.stream() as stream:
    banner = stream.receive().decode()
answer = [client.ssh.username, client.ssh.command.split()[0], client.ssh.identity, result.return_code, result.stdout, banner[:8]]`,
      );

      const key = readFileSync(server.identity, "utf8");
      expect(answer).toEqual([userInfo().username, "ssh", key, 0, "through", "SSH-2.0-"]);
    });
  });
});
