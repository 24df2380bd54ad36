import { connect } from "@jumpstarter-ts/client";
import { piPico } from "@jumpstarter-ts/driver-pi-pico";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { pythonPeer } from "../peers/python.ts";

const registry = { definition: async (label: string) => (label === piPico.contract.label ? piPico : undefined) };

describe.skipIf(pythonPeer() === undefined && process.env["CI"] !== "true")("a Pico of a Python exporter", () => {
  it("tells what it cannot do without a board", async () => {
    await using exporter = await startPythonExporter(
      "export: { pico: { type: jumpstarter_driver_pi_pico.driver.PiPicoFlasher } }\n",
    );
    await using session = await connect({ host: exporter.host, registry, allow: ["UNSAFE"] });
    const pico = session.device("pico").as(piPico);

    await expect(pico.enterBootloader()).rejects.toMatchObject({ code: "unsupported" });
    await expect(pico.dump("never-written.uf2")).rejects.toMatchObject({ code: "unsupported" });
    // It went on to the flash, which found no volume.
    await expect(pico.program(Buffer.from("UF2"))).rejects.toThrow(/^pico\.flash failed: /);
    await expect(pico.bootloaderInfo()).rejects.toThrow(/^pico\.bootloader_info failed: /);
  });
});
