import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

import { connect } from "@jumpstarter-ts/client";
import { adb } from "@jumpstarter-ts/driver-adb";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";
import { freeTcpPort } from "./free-port.ts";

const peer = pythonPeer();
const hasDriver =
  peer !== undefined && spawnSync(`${peer.bin}/python`, ["-c", "import jumpstarter_driver_adb.driver"]).status === 0;
const isReady = hasDriver && existsSync("/usr/bin/adb");

describe.skipIf(!isReady && process.env["CI"] !== "true")("Python's adb driver", () => {
  it("lends us its real ADB server", { timeout: 30_000 }, async () => {
    const port = await freeTcpPort();
    await using exporter = await startPythonExporter(`export:
  adb:
    type: jumpstarter_driver_adb.driver.AdbServer
    config: { port: ${port} }
`);
    await using session = await connect({ host: exporter.host });
    const client = session.device("adb").as(adb);

    expect(await client.startServer()).toBe(port);
    expect(await client.address()).toBe(`tcp://127.0.0.1:${port}`);
    expect(await client.devices()).toEqual([]);
    await expect(client.shell("true")).rejects.toThrow("no devices");
    const { stdout, exitCode } = await client.run(["devices"]);
    expect([stdout.trim(), exitCode]).toEqual(["List of devices attached", 0]);
    expect(await client.killServer()).toBe(port);
  });
});
