import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { connect, forwardTcp } from "@jumpstarter-ts/client";
import { dbusNetwork } from "@jumpstarter-ts/driver-network";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

const hasBus = ["dbus-daemon", "dbus-send"].every((tool) => spawnSync(tool, ["--version"]).error === undefined);

/** A message bus of this test's own. */
async function startBus() {
  const daemon = spawn("dbus-daemon", ["--session", "--nofork", "--nopidfile", "--print-address=1"]);
  const lines = createInterface({ input: daemon.stdout });
  const [address] = (await once(lines, "line")) as [string];
  return {
    address,
    async [Symbol.asyncDispose]() {
      daemon.kill();
      await once(daemon, "exit");
    },
  };
}

/** A Python exporter whose session bus is that one. */
async function startLab(busAddress: string) {
  const before = process.env["DBUS_SESSION_BUS_ADDRESS"];
  process.env["DBUS_SESSION_BUS_ADDRESS"] = busAddress;
  const exporter = await startPythonExporter(
    "export: { bus: { type: jumpstarter_driver_network.driver.DbusNetwork, config: { kind: session } } }\n",
  ).finally(() => {
    if (before === undefined) delete process.env["DBUS_SESSION_BUS_ADDRESS"];
    else process.env["DBUS_SESSION_BUS_ADDRESS"] = before;
  });
  const session = await connect({ host: exporter.host, allow: ["UNSAFE"] });
  return {
    bus: session.device("bus"),
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
    },
  };
}

const isReady = (hasBus && pythonPeer() !== undefined) || process.env["CI"] === "true";
describe.skipIf(!isReady)("the D-Bus of a Python exporter", () => {
  it("opens a connection, on which the caller authenticates", async () => {
    await using daemon = await startBus();
    await using lab = await startLab(daemon.address);
    expect(lab.bus.labels["jumpstarter.dev/dbusnetwork/kind"]).toBe("session");

    const stream = await lab.bus.as(dbusNetwork).open();
    stream.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.() ?? 0)).toString("hex")}\r\n`);
    const [answer] = (await once(stream, "data")) as [Uint8Array];
    stream.destroy();

    expect(Buffer.from(answer).toString()).toMatch(/^OK [0-9a-f]{32}\r\n$/);
  });

  it("serves a program of this machine through a forwarded port and the environment", async () => {
    await using daemon = await startBus();
    await using lab = await startLab(daemon.address);
    await using port = await forwardTcp(lab.bus);

    const program = spawn(
      "dbus-send",
      ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames"],
      { env: { ...process.env, DBUS_SESSION_BUS_ADDRESS: `tcp:host=${port.host},port=${port.port}` } },
    );
    const lines: string[] = [];
    createInterface({ input: program.stdout }).on("line", (line) => lines.push(line.trim()));
    const [exitCode] = (await once(program, "close")) as [number];

    expect(exitCode).toBe(0);
    expect(lines).toContain('string "org.freedesktop.DBus"');
  });
});
