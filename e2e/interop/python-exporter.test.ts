import { once } from "node:events";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect, forwardTcp, type Session } from "@jumpstarter-ts/client";
import { createDriverRegistry } from "@jumpstarter-ts/config";
import { readAll } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { flasher } from "@jumpstarter-ts/driver-storage";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startPythonExporter, type PythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";
import { root } from "../../scripts/step.ts";

const hasPython = pythonPeer() !== undefined || process.env["CI"] === "true";
const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

const exportYaml = `
export:
  power: { type: jumpstarter_driver_power.driver.MockPower, description: The rail }
  echo: { type: jumpstarter_driver_network.driver.EchoNetwork }
  tcp: { type: jumpstarter_driver_network.driver.TcpNetwork, config: { host: 127.0.0.1, port: 9 } }
  serial: { type: jumpstarter_driver_pyserial.driver.PySerial, config: { url: "loop://" } }
  storage: { type: jumpstarter_driver_opendal.driver.MockFlasher }
  group:
    children:
      same: { ref: power }
`;

describe.skipIf(!hasPython)("an unmodified Python exporter (set up by node e2e/peers/python.ts)", () => {
  let exporter: PythonExporter;
  let session: Session;

  beforeAll(async () => {
    exporter = await startPythonExporter(exportYaml);
    session = await connect({ host: exporter.host, registry: createDriverRegistry({ from: root }), allow: ["UNSAFE"] });
  }, 60_000);

  afterAll(async () => {
    await session?.[Symbol.asyncDispose]();
    await exporter?.[Symbol.asyncDispose]();
  });

  it("shows its tree, proxies included", () => {
    expect([...session.root.children.keys()].toSorted()).toEqual([
      "echo",
      "group",
      "power",
      "serial",
      "storage",
      "tcp",
    ]);
    expect(session.device("group.same").label).toBe("jumpstarter_driver_power.client.PowerClient");
    expect(session.device("power").description).toBe("The rail");
  });

  it("answers calls and streams of items with our types", async () => {
    const rail = session.device("power").as(power);

    await rail.on();
    await rail.cycle({ offForMs: 1 });
    const readings = await Array.fromAsync(rail.read());

    expect(readings).toEqual([
      { voltage: 0, current: 0, apparentPower: 0 },
      { voltage: 5, current: 2, apparentPower: 10 },
    ]);
  });

  it("has its errors arrive as ours, with a code that says what to do", async () => {
    await expect(session.device("power").call("explode")).rejects.toMatchObject({ code: "unsupported" });
    await expect(session.device("power").as(power).rescue()).rejects.toMatchObject({ code: "unsupported" });
    await expect(session.device("tcp").open("connect")).rejects.toMatchObject({ name: "JumpstarterError" });
    await expect(session.device("power").call("on", 1, 2, 3)).rejects.toMatchObject({ name: "JumpstarterError" });
  });

  it("resolves an address on its side", async () => {
    await expect(session.device("tcp").as(network).address()).resolves.toBe("tcp://127.0.0.1:9");
  });

  it("is a console to wait on", async () => {
    const console = session.device("serial").as(serial);

    await console.sendLine("hello 42");

    const { answer } = await console.waitFor("hello {answer:int}", { since: "start" });
    expect(answer).toBe(42);
  });

  it("carries 8 MiB through a forwarded port, byte-exact both ways with half-close", async () => {
    const data = randomBytes(8 * 1024 ** 2);
    await using forwarded = await forwardTcp(session.device("echo"));
    const socket = connectSocket({ host: forwarded.host, port: forwarded.port, allowHalfOpen: true });
    await once(socket, "connect");

    const received = readAll(socket);
    socket.end(data);

    expect(sha256(await received)).toBe(sha256(data));
  });

  it("flashes and dumps our file through resource streams, byte-exact, with progress", async () => {
    const directory = await mkdtemp(join(tmpdir(), "jumpstarter-interop-"));
    const image = randomBytes(3 * 1024 ** 2);
    await writeFile(join(directory, "image.bin"), image);
    const seen: number[] = [];
    try {
      const device = session.device("storage").as(flasher);
      for await (const { doneBytes } of device.flash(join(directory, "image.bin"))) seen.push(doneBytes ?? 0);
      await device.dump(join(directory, "dump.bin"));

      expect(sha256(await readFile(join(directory, "dump.bin")))).toBe(sha256(image));
      expect(Math.max(...seen)).toBe(image.length);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it("runs 50 calls at a time", async () => {
    const rail = session.device("power").as(power);

    const readings = await Promise.all(Array.from({ length: 50 }, () => Array.fromAsync(rail.read())));

    expect(readings.flat()).toHaveLength(100);
  });
});

describe.skipIf(!hasPython)("a Python exporter that dies in the middle", () => {
  it("ends our streams and calls with `unavailable`, naming its address", async () => {
    await using exporter = await startPythonExporter(exportYaml);
    await using session = await connect({
      host: exporter.host,
      registry: createDriverRegistry({ from: root }),
      allow: ["UNSAFE"],
    });
    const console = session.device("serial").as(serial);
    await console.sendLine("ready");
    await console.waitFor("ready", { since: "start" });
    const waiting = console.waitFor("never", { timeout: "10s" });
    const stream = await session.device("echo").as(network).open();
    const streamFailure = once(stream, "end").catch((error: unknown) => error);
    const { promise: isUnderWay, resolve: getUnderWay } = Promise.withResolvers<void>();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let count = 0; ; count += 1) {
        if (count === 100) getUnderWay();
        yield Buffer.alloc(64 * 1024);
      }
    }
    const flashing = session.device("storage").as(flasher).flash(endless());
    const flashFailure = Promise.resolve(flashing).catch((error: unknown) => error);
    await isUnderWay;

    exporter.kill();

    await expect(waiting).rejects.toMatchObject({ code: "unavailable" });
    expect(await streamFailure).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(exporter.host),
    });
    expect(await flashFailure).toMatchObject({ code: "unavailable" });
    await expect(session.device("power").as(power).on()).rejects.toMatchObject({ code: "unavailable" });
  }, 60_000);
});
