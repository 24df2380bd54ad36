import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { parseExporterConfig } from "@jumpstarter-ts/config";
import { describe, expect, it } from "vitest";

import { createBenchDirectory } from "../../test/bench-config.ts";
import { suggestExporter } from "./suggest.ts";

describe("jmp suggest", () => {
  it("names serial ports by id, and the USB devices that a driver knows", () => {
    using directory = createBenchDirectory();
    const [serialDirectory, usbDirectory] = [directory.file("by-id"), directory.file("usb")];
    mkdirSync(serialDirectory);
    for (const port of ["usb-FTDI_FT232R_A50285BI-if00-port0", "usb-Arduino_Uno_7543-if00"]) {
      symlinkSync("/dev/null", join(serialDirectory, port));
    }
    const plug = (name: string, files: Readonly<Record<string, string>>): void => {
      mkdirSync(join(usbDirectory, name), { recursive: true });
      for (const [file, text] of Object.entries(files)) writeFileSync(join(usbDirectory, name, file), `${text}\n`);
    };
    plug("1-1", { idVendor: "04e8", idProduct: "6001", product: "sd-wire", serial: "sd-7" });
    plug("1-2", { idVendor: "04e8", idProduct: "6001", product: "a phone" });
    plug("1-3", { idVendor: "1d6b", idProduct: "0002" });

    const yaml = suggestExporter({ serialDirectory, usbDirectory });

    const { export: devices } = parseExporterConfig(yaml, { file: "suggested.yaml" });
    expect(devices).toMatchObject({
      serial: { config: { url: join(serialDirectory, "usb-Arduino_Uno_7543-if00") } },
      serial2: { config: { url: join(serialDirectory, "usb-FTDI_FT232R_A50285BI-if00-port0") } },
      storage: { type: "jumpstarter_driver_sdwire.driver.SDWire", config: { serial: "sd-7" } },
    });
    expect(Object.keys(devices)).toHaveLength(3);
  });

  it("prints a configuration without devices where nothing is attached", () => {
    const yaml = suggestExporter({ serialDirectory: "/nowhere", usbDirectory: "/nowhere" });

    expect(parseExporterConfig(yaml, { file: "suggested.yaml" }).export).toEqual({});
    expect(yaml).toContain("nothing was found");
  });
});
