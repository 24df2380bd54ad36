import { readFileSync } from "node:fs";
import { userInfo } from "node:os";

import { connect } from "@jumpstarter-ts/client";
import { ssh } from "@jumpstarter-ts/driver-ssh";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";
import { hasSshd, startSshd } from "./sshd.ts";

const isReady = pythonPeer() !== undefined && hasSshd;

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
