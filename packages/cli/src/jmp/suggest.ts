import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { print, type Io } from "../io.ts";
import { usbDrivers } from "./usb-drivers.ts";

export interface SuggestOptions {
  /** Default: `/dev/serial/by-id`. */
  readonly serialDirectory?: string;
  /** Default: `/sys/bus/usb/devices`. */
  readonly usbDirectory?: string;
}

export function printSuggestion(io: Io): void {
  print(io, suggestExporter().trimEnd());
}

/** An exporter's configuration for the serial ports and the USB devices that are attached. */
export function suggestExporter({
  serialDirectory = "/dev/serial/by-id",
  usbDirectory = "/sys/bus/usb/devices",
}: SuggestOptions = {}): string {
  const entries = [...serialEntries(serialDirectory), ...usbEntries(usbDirectory)];
  const devices =
    entries.length === 0 ? ["export: {} # nothing was found: no serial port, no known USB device"] : ["export:"];
  const names = new Map<string, number>();
  for (const { name, what, lines } of entries) {
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    devices.push(`  # ${what}`, `  ${count === 1 ? name : `${name}${count}`}:`, ...lines.map((line) => `    ${line}`));
  }
  const head = [
    "apiVersion: jumpstarter.dev/v1alpha1",
    "kind: ExporterConfig",
    "metadata: { namespace: default, name: bench }",
  ];
  return `${[...head, ...devices].join("\n")}\n`;
}

interface Entry {
  readonly name: string;
  /** For a comment. */
  readonly what: string;
  readonly lines: readonly string[];
}

/** By id, which survives a replug and a second adapter. */
function serialEntries(directory: string): readonly Entry[] {
  return list(directory).map((file) => ({
    name: "serial",
    what: file.replace(/^usb-/, "").replaceAll("_", " "),
    lines: [
      "type: jumpstarter_driver_pyserial.driver.PySerial",
      `config: { url: ${JSON.stringify(join(directory, file))} }`,
    ],
  }));
}

function usbEntries(directory: string): readonly Entry[] {
  return list(directory).flatMap((device): readonly Entry[] => {
    const read = (file: string): string => readText(join(directory, device, file));
    const id = `${read("idVendor")}:${read("idProduct")}`;
    const known = usbDrivers.find(
      ({ ids, product }) => ids.includes(id) && (product ?? read("product")) === read("product"),
    );
    if (known === undefined) return [];
    const product = [read("manufacturer"), read("product")].filter((text) => text !== "").join(" ");
    const config = known.config(read("serial"));
    return [
      {
        name: known.name,
        what: `${product === "" ? known.name : product}, USB ${id} at ${basename(device)}${known.hint === undefined ? "" : `; ${known.hint}`}`,
        lines: [`type: ${known.type}`, ...(config === "" ? [] : [`config: { ${config} }`])],
      },
    ];
  });
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory).toSorted();
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}
