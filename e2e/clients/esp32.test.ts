import { connect } from "@jumpstarter-ts/client";
import { esp32 } from "@jumpstarter-ts/driver-esp32";
import { serial } from "@jumpstarter-ts/driver-serial";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

const known = [esp32, serial];
const registry = { definition: async (label: string) => known.find(({ contract }) => contract.label === label) };

/** A port that gives back what it is sent stands in for the chip: enough for its lines, not for its ROM. */
const lab = `export:
  esp:
    type: jumpstarter_driver_esp32.driver.Esp32Flasher
    children:
      serial: { type: jumpstarter_driver_pyserial.driver.PySerial, config: { url: "loop://", check_present: false } }
`;

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("an ESP32 of a Python exporter", () => {
  it("is reset, refuses an address that is none, and has its console beside it", async () => {
    await using exporter = await startPythonExporter(lab);
    await using session = await connect({ host: exporter.host, registry, allow: ["UNSAFE"] });
    const esp = session.device("esp").as(esp32);

    await esp.hardReset();
    await esp.enterBootloader();
    await expect(esp.flash(Buffer.from("app"), { target: "nowhere" })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await esp.serial.sendLine("hello");
    await expect(esp.serial.waitFor("hello")).resolves.toMatchObject({ text: "hello" });
  });
});
