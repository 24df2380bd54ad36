import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { connect } from "@jumpstarter-ts/client";
import { ssh } from "@jumpstarter-ts/driver-ssh";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";
import { freeTcpPort } from "./free-port.ts";

const sshd = "/usr/sbin/sshd";
const isReady = pythonPeer() !== undefined && existsSync(sshd);

/** A real ssh server of this user, with one key that may log in. */
async function startSshd() {
  const directory = mkdtempSync(join(tmpdir(), "jumpstarter-sshd-"));
  const port = await freeTcpPort();
  for (const key of ["host", "user"]) {
    spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(directory, key)]);
  }
  const config = join(directory, "config");
  writeFileSync(
    config,
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${directory}/host`,
      `AuthorizedKeysFile ${directory}/user.pub`,
      `PidFile ${directory}/pid`,
      "StrictModes no",
      "UsePAM no",
    ].join("\n"),
  );
  spawnSync("mkdir", ["-p", "/run/sshd"]);
  const server = spawn(sshd, ["-D", "-e", "-f", config], { stdio: ["ignore", "ignore", "pipe"] });
  const lines = createInterface({ input: server.stderr });
  await new Promise((resolve) => lines.on("line", (line) => line.includes("listening") && resolve(line)));
  return {
    port,
    identity: join(directory, "user"),
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill();
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}

describe.skipIf(!isReady && process.env["CI"] !== "true")("Python's ssh driver", () => {
  it("lets us run commands on a device with the lab's user and key", { timeout: 30_000 }, async () => {
    await using server = await startSshd();
    await using exporter = await startPythonExporter(`export:
  ssh:
    type: jumpstarter_driver_ssh.driver.SSHWrapper
    config: { default_username: ${userInfo().username}, ssh_identity_file: ${server.identity} }
    children:
      tcp:
        type: jumpstarter_driver_network.driver.TcpNetwork
        config: { host: 127.0.0.1, port: ${server.port} }
`);
    await using session = await connect({ host: exporter.host });
    const client = session.device("ssh").as(ssh);

    expect(await client.identity()).toBe(readFileSync(server.identity, "utf8"));
    expect(await client.run("echo out; echo err >&2; exit 3")).toEqual({
      stdout: "out\n",
      stderr: "err\n",
      exitCode: 3,
    });
    expect((await client.run(["printf", "%s|", "a b", "$HOME"])).stdout).toBe("a b|$HOME|");
    expect((await client.run("cat", { input: "through" })).stdout).toBe("through");
    expect((await client.run("echo direct", { isDirect: true })).stdout).toBe("direct\n");
  });
});
