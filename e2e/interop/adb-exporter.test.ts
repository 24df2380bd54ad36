import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { adb } from "@jumpstarter-ts/driver-adb";
import { spawnExporter } from "@jumpstarter-ts/exporter";
import { describe, expect, it } from "vitest";

import { freeTcpPort } from "../clients/free-port.ts";
import { pythonSession, runPython } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

const isCi = process.env["CI"] === "true";
const yaml = (port: number): string => `export:
  adb:
    type: jumpstarter_driver_adb.driver.AdbServer
    config: { port: ${port} }
`;

describe.skipIf(!existsSync("/usr/bin/adb") && !isCi)("our adb driver", () => {
  describe.skipIf(pythonPeer() === undefined && !isCi)("for Python", () => {
    it("answers to `j adb`, which runs the author's adb with our server", { timeout: 60_000 }, async () => {
      await using exporter = await startOurs(yaml(0));

      const { exitCode, stdout } = await runPython("j", ["adb", "devices"], { host: exporter.host });

      expect([exitCode, stdout.trim()]).toEqual([0, "List of devices attached"]);
    });

    it("answers to its client", { timeout: 60_000 }, async () => {
      const port = await freeTcpPort();
      await using exporter = await startOurs(yaml(port));

      const answer = await pythonSession(
        exporter.host,
        `
import socket
def version():
    with client.adb.forward_adb() as address:
        with socket.create_connection(address) as s:
            s.sendall(b"000chost:version")
            return s.recv(4).decode()
answer = [client.adb.call("address"), client.adb.list_devices(), version(), client.adb.kill_server(), client.adb.start_server(), version()]`,
      );

      const address = `tcp://127.0.0.1:${port}`;
      expect(answer).toEqual([address, "List of devices attached\n\n", "OKAY", port, port, "OKAY"]);
    });
  });

  it.each(["SIGKILL", "SIGTERM"] as const)("leaves no server behind after %s", { timeout: 30_000 }, async (signal) => {
    const directory = await mkdtemp(join(tmpdir(), "jumpstarter-adb-"));
    try {
      const port = await freeTcpPort();
      const configFile = join(directory, "exporter.yaml");
      const kind = "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\n";
      await writeFile(configFile, `${kind}metadata: { namespace: default, name: ours }\n${yaml(port)}`);
      await using exporter = await spawnExporter({ configFile, cwd: import.meta.dirname });
      await using session = await connect({ host: exporter.host });
      expect(await session.device("adb").as(adb).devices()).toEqual([]);
      expect(isListening(port)).toBe(true);

      process.kill(exporter.pid, signal);
      await exporter.exited;

      await expect.poll(() => isListening(port), { timeout: 5_000 }).toBe(false);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

/** As the kernel lists it; a connection to find out would keep the port busy. */
function isListening(port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;
  return readFileSync("/proc/net/tcp", "utf8").includes(local);
}
