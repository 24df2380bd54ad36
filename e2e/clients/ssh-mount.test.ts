import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { sshMount } from "@jumpstarter-ts/driver-ssh-mount";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";
import { hasSshd, startSshd } from "./sshd.ts";

const isReady = pythonPeer() !== undefined && hasSshd && existsSync("/usr/bin/sshfs") && existsSync("/dev/fuse");

describe.skipIf(!isReady && process.env["CI"] !== "true")("Python's ssh-mount driver", () => {
  it("shows us a device's files, until the block ends", { timeout: 30_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), "jumpstarter-files-"));
    const mountpoint = join(directory, "mnt");
    try {
      await writeFile(join(directory, "on-device.txt"), "hello");
      await using server = await startSshd();
      await using exporter = await startPythonExporter(`export:
  files:
    type: jumpstarter_driver_ssh_mount.driver.SSHMount
    children:
      ssh:
        type: jumpstarter_driver_ssh.driver.SSHWrapper
        config: { default_username: ${userInfo().username}, ssh_identity_file: ${server.identity} }
        children:
          tcp:
            type: jumpstarter_driver_network.driver.TcpNetwork
            config: { host: 127.0.0.1, port: ${server.port} }
`);
      await using session = await connect({ host: exporter.host });
      const files = session.device("files").as(sshMount);
      {
        await using mounted = await files.mount(mountpoint, { remotePath: directory });
        expect(await readFile(join(mounted.path, "on-device.txt"), "utf8")).toBe("hello");
        await writeFile(join(mounted.path, "from-here.txt"), "back");
      }
      expect(existsSync(join(mountpoint, "on-device.txt"))).toBe(false);
      expect(await readFile(join(directory, "from-here.txt"), "utf8")).toBe("back");
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
