import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { parseFirmware } from "../src/firmware.ts";

export type FixtureName = "uno" | "uno-v2" | "silent" | "garbage" | "sketch";

const directory = new URL("../../../../fixtures/boards/arduino/", import.meta.url);

/** One of the firmware files in fixtures/boards/arduino. */
export function fixturePath(name: FixtureName): string {
  return fileURLToPath(new URL(`${name}.hex`, directory));
}

export function fixtureHex(name: FixtureName): Uint8Array {
  return readFileSync(fixturePath(name));
}

export function fixtureImage(name: FixtureName): Uint8Array {
  return parseFirmware(fixtureHex(name), `${name}.hex`);
}
