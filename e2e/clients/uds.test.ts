import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "@jumpstarter-ts/client";
import { isoTp, type IsoTpClient } from "@jumpstarter-ts/driver-can";
import { uds } from "@jumpstarter-ts/driver-uds";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

/** What the ECU answers (ISO 14229-1), in hexadecimal. Anything else it does not know. */
const answers: Readonly<Record<string, string>> = {
  "1003": "5003003201f4",
  "1101": "7f1122",
  "3e00": "7e00",
  "22f190": "62f190574241",
  "2ef1900102": "6ef190",
  "2701": "6701a1b2c3d4",
  "270200ff": "6702",
  "1902ff": "5902ff1234562f",
  "14ffffff": "54",
  "3101020307": "7101020310",
  "31020203": "71020203",
  "31030203": "7f3124",
};

const end = "type: lab_isotp.Endpoint, config: { channel: uds, interface: virtual, params: {}, address: ";
const yaml = `export:
  ecu: { type: jumpstarter_driver_uds_can.driver.UdsCan, config: { channel: uds, interface: virtual, txid: 2016, rxid: 2024, request_timeout: 2 } }
  far: { ${end}{ txid: 2024, rxid: 2016 } } }
`;

/** Upstream's ISO-TP drivers take an address that YAML cannot hold, so this lab has a driver of its own around one. */
const labDriver = `import isotp
from jumpstarter_driver_can.driver import IsoTpPython

class Endpoint(IsoTpPython):
    def __init__(self, *, address, **rest):
        super().__init__(address=isotp.Address(**address), **rest)
`;

/** Plays the ECU at the other end of the bus until the signal ends it. */
async function playEcu(transport: IsoTpClient, requests: string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const request = await transport.receive({ waitMs: 200 });
    if (request === undefined) continue;
    const text = Buffer.from(request).toString("hex");
    requests.push(text);
    await transport.send(Buffer.from(answers[text] ?? `7f${text.slice(0, 2)}11`, "hex"));
  }
}

async function openLab() {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-uds-"));
  await writeFile(join(directory, "lab_isotp.py"), labDriver);
  const before = process.env["PYTHONPATH"];
  process.env["PYTHONPATH"] = directory;
  const exporter = await startPythonExporter(yaml).finally(() => {
    if (before === undefined) delete process.env["PYTHONPATH"];
    else process.env["PYTHONPATH"] = before;
  });
  const session = await connect({ host: exporter.host, allow: ["UNSAFE"] });
  const far = session.device("far").as(isoTp);
  await far.start();
  const requests: string[] = [];
  const controller = new AbortController();
  const playing = playEcu(far, requests, controller.signal);
  return {
    ecu: session.device("ecu").as(uds),
    requests,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await playing;
      await session[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("UDS of a Python exporter", () => {
  it("asks an ECU on a bus for its services", async () => {
    await using lab = await openLab();
    const { ecu } = lab;

    await expect(ecu.changeSession("extended")).resolves.toMatchObject({ success: true });
    await expect(ecu.resetEcu("hard")).resolves.toMatchObject({ success: false, nrc: 0x22 });
    await ecu.testerPresent();
    await expect(ecu.readDataByIdentifier(0xf190)).resolves.toEqual([
      { did: 0xf190, value: new Uint8Array([0x57, 0x42, 0x41]) },
    ]);
    await expect(ecu.readDataByIdentifier(0xf199)).resolves.toEqual([]);
    await expect(ecu.writeDataByIdentifier(0xf190, new Uint8Array([1, 2]))).resolves.toMatchObject({ success: true });
    await expect(ecu.requestSeed(1)).resolves.toMatchObject({ seed: new Uint8Array([0xa1, 0xb2, 0xc3, 0xd4]) });
    await expect(ecu.sendKey(1, new Uint8Array([0x00, 0xff]))).resolves.toMatchObject({ success: true });
    await expect(ecu.readTroubleCodes()).resolves.toMatchObject([{ id: 0x12_3456, status: 0x2f }]);
    await expect(ecu.clearTroubleCodes()).resolves.toMatchObject({ success: true });
    await expect(ecu.startRoutine(0x203, { data: new Uint8Array([7]) })).resolves.toMatchObject({
      controlType: "startRoutine",
      statusRecord: new Uint8Array([0x10]),
    });
    await expect(ecu.stopRoutine(0x203)).resolves.toMatchObject({ success: true });
    await expect(ecu.routineResult(0x203)).resolves.toMatchObject({ success: false, nrc: 0x24 });
    await expect(ecu.authenticate(8)).resolves.toMatchObject({ success: false, nrc: 0x11 });
    await expect(ecu.requestFileTransfer({ modeOfOperation: 2, path: "/log" })).resolves.toMatchObject({
      modeOfOperation: 2,
      success: false,
    });
    expect(lab.requests).toContain("2ef1900102");
    expect(lab.requests).toContain("270200ff");
  });
});
