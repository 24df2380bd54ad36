import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { startDevice } from "../test/device.ts";
import { adb } from "./client.ts";
import { openAdb } from "./driver.ts";
import { freePort } from "./server.ts";

const openLab = (options: Readonly<Record<string, unknown>> = { port: 0 }) =>
  serveDriver(openAdb, { definition: adb, options });

const hasAdb = existsSync("/usr/bin/adb");

describe.skipIf(!hasAdb && process.env["CI"] !== "true")("the ADB server of a lab", () => {
  it("runs while the session does, and not longer", async () => {
    const lab = await openLab();
    const address = await lab.client.address();
    const pid = serverOn(address);

    expect(await lab.client.devices()).toEqual([]);
    expect(pid).toBeGreaterThan(0);
    await lab[Symbol.asyncDispose]();

    expect(isAlive(pid)).toBe(false);
  });

  it("speaks to adb of the author's machine, and to a client of its protocol", { timeout: 20_000 }, async () => {
    await using lab = await openLab();

    const { stdout, exitCode } = await lab.client.run(["devices"]);

    expect([stdout.trim(), exitCode]).toEqual(["List of devices attached", 0]);
    await expect(lab.client.shell("true")).rejects.toMatchObject({ reason: "ADB_REFUSED" });
  });

  it("is ended and started as often as wanted, on the same port", async () => {
    await using lab = await openLab();
    const address = await lab.client.address();
    const first = serverOn(address);

    const port = await lab.client.killServer();
    expect(isAlive(first)).toBe(false);
    expect(await lab.client.killServer()).toBe(port);
    await expect(lab.client.devices()).rejects.toMatchObject({ reason: "ADB_NOT_RUNNING" });
    await expect(lab.client.shell("true")).rejects.toMatchObject({ reason: "ADB_NOT_RUNNING" });
    expect(await lab.client.startServer()).toBe(port);
    const second = serverOn(address);
    expect(await lab.client.startServer()).toBe(port);

    expect(serverOn(address)).toBe(second);
    expect(await lab.client.devices()).toEqual([]);
  });

  it("is started anew after a client has ended it by its own protocol", { timeout: 20_000 }, async () => {
    await using lab = await openLab();

    await lab.client.run(["kill-server"]);

    await expect
      .poll(() => lab.client.devices().catch((error: { reason: string }) => error.reason))
      .toBe("ADB_NOT_RUNNING");
    await lab.client.startServer();
    expect(await lab.client.devices()).toEqual([]);
  });

  it("tells the device that it does not reach", async () => {
    await using lab = await openLab();
    const nobody = `127.0.0.1:${await freePort()}`;

    await expect(lab.client.connectDevice(nobody)).rejects.toThrow(`did not reach ${nobody}`);
    await expect(lab.client.disconnectDevice(nobody)).rejects.toMatchObject({ reason: "ADB_REFUSED" });
  });

  it("lends a device on the network, which runs commands", { timeout: 20_000 }, async () => {
    await using device = await startDevice((command) => ({ stdout: `${command}!\n`, exitCode: 3 }));
    const { address } = device;
    await using lab = await openLab();

    expect(await lab.client.connectDevice(address)).toContain(`connected to ${address}`);
    expect(await lab.client.connectDevice(address)).toContain(`already connected to ${address}`);
    expect(await lab.client.devices()).toEqual([
      { serial: address, state: "device", properties: expect.objectContaining({ model: "Bench", product: "bench" }) },
    ]);
    expect(await lab.client.shell("id -u")).toEqual({ stdout: "id -u!\n", stderr: "", exitCode: 3 });
    expect(await lab.client.run(["shell", "echo", "through"])).toMatchObject({
      stdout: "echo through!\n",
      exitCode: 3,
    });

    expect(await lab.client.disconnectDevice(address)).toContain(`disconnected ${address}`);
    expect(await lab.client.devices()).toEqual([]);
    expect(device.commands).toEqual(["id -u", "echo through"]);
  });

  it("is refused where another one listens, which stays", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;

    await expect(openLab({ port })).rejects.toMatchObject({ code: "failed-precondition", reason: "ADB_PORT_IN_USE" });

    expect(other.listening).toBe(true);
    other.close();
  });

  it("keeps its address to itself where the lab wants that", async () => {
    await using lab = await openLab({ port: 0, enable_address: false });
    await expect(lab.client.address()).rejects.toMatchObject({ reason: "ADDRESS_DISABLED" });
  });

  it("does not outlive an exporter that is killed", { timeout: 20_000 }, async () => {
    const port = await freePort();
    // As it is published: what is in the sources not every Node reads.
    const program = `import { createServerProcess } from ${JSON.stringify(import.meta.resolve("../dist/server.js"))};
      const log = { debug() {}, info() {}, warning() {}, error() {} };
      const server = createServerProcess({ what: "adb", program: "adb", port: ${port}, log });
      await server.start(new AbortController().signal);
      console.log(server.pid());`;
    const exporter = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface({ input: exporter.stdout }), "line");
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);

    exporter.kill("SIGKILL");

    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });
});

describe("an ADB server that cannot be", () => {
  it("says which program is missing", async () => {
    const opening = openLab({ port: 0, adb_path: "/nowhere/adb" });
    await expect(opening).rejects.toMatchObject({ code: "failed-precondition", reason: "ADB_NOT_INSTALLED" });
  });

  it("says what a program says that does not start", async () => {
    const opening = openLab({ port: 0, adb_path: "/bin/true" });
    await expect(opening).rejects.toMatchObject({ code: "unavailable", reason: "ADB_SERVER_FAILED" });
  });

  it.each([{ port: 70_000 }, { port: "5037" }, { host: "192.0.2.1" }])("refuses the options %j", async (options) => {
    await expect(openLab(options)).rejects.toMatchObject({ reason: "DRIVER_OPTION_INVALID" });
  });
});

/** The process that listens at an address of this machine: by its command line, which names the port. Linux only. */
function serverOn(address: string): number {
  const port = address.split(":").at(-1) ?? "";
  const found = processes().filter((pid) => commandLine(pid).join(" ") === `adb -P ${port} nodaemon server`);
  expect(found).toHaveLength(1);
  return found[0] ?? 0;
}

function processes(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function commandLine(pid: number): readonly string[] {
  const file = `/proc/${pid}/cmdline`;
  try {
    return readFileSync(file, "utf8").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

/** A process that is dead but that nobody has asked about is dead. */
function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8"));
}
