import { readFileSync } from "node:fs";

import { parseFirmware } from "../src/firmware.ts";

export type FixtureName = "uno" | "uno-v2" | "silent" | "garbage" | "sketch";

const directory = new URL("../../../../fixtures/boards/arduino/", import.meta.url);

/** One of the firmware files in fixtures/boards/arduino. */
export function fixtureHex(name: FixtureName): Uint8Array {
  return readFileSync(new URL(`${name}.hex`, directory));
}

export function fixtureImage(name: FixtureName): Uint8Array {
  return parseFirmware(fixtureHex(name), `${name}.hex`);
}
