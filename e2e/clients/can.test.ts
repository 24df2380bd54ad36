import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { can, isoTp } from "@jumpstarter-ts/driver-can";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

const node = "{ type: jumpstarter_driver_can.driver.Can, config: { channel: one, interface: virtual } }";

/** Two nodes of one bus in the exporter's memory. */
async function openBus() {
  const exporter = await startPythonExporter(`export: { near: ${node}, far: ${node} }\n`);
  const session = await connect({ host: exporter.host, allow: ["UNSAFE"] });
  return {
    near: session.device("near").as(can),
    far: session.device("far").as(can),
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
    },
  };
}

/** Upstream's ISO-TP drivers take an address that YAML cannot hold, so a lab has a driver of its own around one. */
const labDriver = `import isotp
from jumpstarter_driver_can.driver import IsoTpPython

class Endpoint(IsoTpPython):
    def __init__(self, *, address, **rest):
        super().__init__(address=isotp.Address(**address), **rest)
`;

async function openTransports() {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-isotp-"));
  await writeFile(join(directory, "lab_isotp.py"), labDriver);
  const end = (txid: number, rxid: number): string =>
    `{ type: lab_isotp.Endpoint, config: { channel: two, interface: virtual, params: {}, address: { txid: ${txid}, rxid: ${rxid} } } }`;
  const before = process.env["PYTHONPATH"];
  process.env["PYTHONPATH"] = directory;
  try {
    const exporter = await startPythonExporter(`export: { near: ${end(1, 2)}, far: ${end(3, 4)} }\n`);
    const session = await connect({ host: exporter.host, allow: ["UNSAFE"] });
    return {
      near: session.device("near").as(isoTp),
      far: session.device("far").as(isoTp),
      async [Symbol.asyncDispose]() {
        await session[Symbol.asyncDispose]();
        await exporter[Symbol.asyncDispose]();
        await rm(directory, { recursive: true, force: true });
      },
    };
  } finally {
    if (before === undefined) delete process.env["PYTHONPATH"];
    else process.env["PYTHONPATH"] = before;
  }
}

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("CAN of a Python exporter", () => {
  it("carries messages of every kind from node to node", async () => {
    await using bus = await openBus();
    const messages = [
      { arbitrationId: 0x123, isExtendedId: false, data: new Uint8Array([0xfb, 0xff, 0x00]) },
      { arbitrationId: 0x1fff_ffff, isExtendedId: true, isFd: true, data: new Uint8Array(64).fill(0xa5) },
      { arbitrationId: 0x7ff, isExtendedId: false, isRemoteFrame: true, dlc: 4 },
    ];
    for (const message of messages) await bus.near.send(message, { sendTimeoutMs: 1_000 });

    for (const message of messages) {
      expect(await bus.far.receive({ waitMs: 2_000 })).toMatchObject({ ...message, channel: "one", isRx: true });
    }
    await expect(bus.far.receive({ waitMs: 0 })).resolves.toBeUndefined();
    await expect(bus.far.state()).resolves.toBe("active");
    await expect(bus.far.protocol()).resolves.toBe("can-2.0");
    await expect(bus.far.channelInfo()).resolves.toContain("one");
    await expect(bus.far.flushTxBuffer()).rejects.toMatchObject({ code: "unsupported" });
    await expect(bus.far.setState("passive")).rejects.toMatchObject({ code: "unsupported" });
  });

  it("loses nothing to a wait that was cancelled, and filters what the interface does not", async () => {
    await using bus = await openBus();
    await bus.far.setFilters([{ id: 0x200, mask: 0x700 }]);
    const controller = new AbortController();
    const cancelled = bus.far.receive({ signal: controller.signal });
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });

    await bus.near.send({ arbitrationId: 0x123, isExtendedId: false });
    await bus.near.send({ arbitrationId: 0x234, isExtendedId: false });

    expect((await bus.far.receive({ waitMs: 2_000 }))?.arbitrationId).toBe(0x234);
  });

  it("sends periodically until it is told to stop, and again", async () => {
    await using bus = await openBus();
    const task = await bus.near.sendPeriodic({ arbitrationId: 1, isExtendedId: false }, { periodMs: 20 });
    const first = await bus.far.receive();
    const second = await bus.far.receive();
    const gapMs = (second?.timestampMs ?? 0) - (first?.timestampMs ?? 0);
    expect(gapMs).toBeGreaterThan(10);
    await task.stop();
    await task.start();
    await expect(bus.far.receive({ waitMs: 2_000 })).resolves.toBeDefined();
    await bus.near.shutdown();
    await expect(bus.near.send({ arbitrationId: 1, isExtendedId: false })).rejects.toThrow("closed bus");
  });

  it("cuts and joins messages longer than a frame", async () => {
    await using transports = await openTransports();
    const { near, far } = transports;
    await near.setAddress({ txId: 0x7e0, rxId: 0x7e8 });
    await far.setAddress({ tx: { txId: 0x7e8 }, rx: { rxId: 0x7e0 } });
    await near.start();
    await far.start();
    const message = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256);

    await near.send(message, { targetAddressType: "physical" });

    await expect(far.receive({ waitMs: 5_000 })).resolves.toEqual(message);
    await expect(far.receive({ waitMs: 0 })).resolves.toBeUndefined();
    await expect(far.isAvailable()).resolves.toBe(false);
    await expect(near.isTransmitting()).resolves.toBe(false);
    await near.stopSending();
    await near.stopReceiving();
    await near.stop();
  });
});
