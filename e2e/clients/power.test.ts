import { connect } from "@jumpstarter-ts/client";
import { power } from "@jumpstarter-ts/driver-power";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

const registry = { definition: async (label: string) => (label === power.contract.label ? power : undefined) };

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("power of a Python exporter", () => {
  it("is switched, cycled and measured", async () => {
    await using exporter = await startPythonExporter(
      "export: { power: { type: jumpstarter_driver_power.driver.MockPower } }\n",
    );
    await using session = await connect({ host: exporter.host, registry, allow: ["UNSAFE"] });
    const client = session.device("power").as(power);

    await client.on();
    await client.cycle({ offForMs: 0 });
    const readings: unknown[] = [];
    for await (const reading of client.read()) readings.push(reading);

    expect(readings.at(-1)).toEqual({ voltage: 5, current: 2, apparentPower: 10 });
  });

  it("answers unsupported to a measurement where upstream's driver has a read that is no stream", async () => {
    await using exporter = await startPythonExporter(
      "export: { vm: { type: jumpstarter_driver_qemu.driver.Qemu, config: { arch: x86_64 } } }\n",
    );
    await using session = await connect({ host: exporter.host, registry, allow: ["UNSAFE"] });
    const client = session.device("vm.power").as(power);

    await expect(client.read()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "unsupported" });
    await expect(session.device("vm.power").call("read")).rejects.toMatchObject({ code: "unsupported" });
  });
});
