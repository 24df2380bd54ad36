import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fixtureHex, fixtureImage } from "../test/firmware-fixtures.ts";
import { formatFirmware, parseFirmware } from "./firmware.ts";

const text = (value: string): Uint8Array => Buffer.from(value);
const end = ":00000001FF\n";

describe("a firmware file", () => {
  it("is Intel HEX, as avr-objcopy writes it", () => {
    const image = parseFirmware(fixtureHex("uno"), "uno.hex");

    expect(image.length).toBeGreaterThan(1_000);
    expect(Buffer.from(image).includes("jumpstarter-uno 1.0.0")).toBe(true);
  });

  it.each<[string, Uint8Array, string, string]>([
    ["empty", text(""), "FIRMWARE_EMPTY", "app.hex is empty: build the firmware again"],
    ["without data", text(end), "FIRMWARE_EMPTY", "app.hex is Intel HEX without any data: build the firmware again"],
    [
      "an ELF program",
      Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 1]),
      "FIRMWARE_NOT_HEX",
      "app.hex is an ELF program, not Intel HEX: convert it with avr-objcopy -O ihex",
    ],
    [
      "raw binary",
      Buffer.from([0x0c, 0x94, 0x1e, 0x02]),
      "FIRMWARE_NOT_HEX",
      "app.hex is raw binary, not Intel HEX: convert it with avr-objcopy -O ihex -I binary",
    ],
    [
      "another text",
      text("version: 1\n"),
      "FIRMWARE_NOT_HEX",
      'line 1 of app.hex is not Intel HEX: it should start with ":", and is "version: 1"',
    ],
    [
      "a blank line in the middle",
      text(`:0100000001FE\n\n${end}`),
      "FIRMWARE_NOT_HEX",
      'line 2 of app.hex is not Intel HEX: it should start with ":", and is ""',
    ],
    [
      "a wrong digit",
      text(`:01000000G1FE\n${end}`),
      "FIRMWARE_DAMAGED",
      'line 1 of app.hex is not pairs of hexadecimal digits: ":01000000G1FE"',
    ],
    [
      "a cut line",
      text(`:0400000001020304F2\n:04000400010203\n`),
      "FIRMWARE_DAMAGED",
      "line 2 of app.hex is cut: it promises 4 bytes of data and has 2",
    ],
    [
      "a wrong checksum",
      text(`:0100000001FD\n${end}`),
      "FIRMWARE_DAMAGED",
      "line 1 of app.hex has the checksum 0xfd, and its bytes give 0xfe: the file was changed or cut, copy or build it again",
    ],
    [
      "no end",
      text(":0100000001FE\n"),
      "FIRMWARE_DAMAGED",
      "app.hex has no end-of-file record: it was cut, copy it again",
    ],
    [
      "something after the end",
      text(`${end}:0100000001FE\n`),
      "FIRMWARE_DAMAGED",
      'line 2 of app.hex (":0100000001FE") comes after the end-of-file record',
    ],
    [
      "too large",
      text(`:01800000017E\n${end}`),
      "FIRMWARE_TOO_LARGE",
      "app.hex reaches to address 0x8000, past the 32768 bytes of flash of an ATmega328P: " +
        "build it smaller, and for this chip",
    ],
  ])("that is %s is refused with one sentence", (_what, file, reason, message) => {
    expect(() => parseFirmware(file, "app.hex")).toThrow(
      expect.objectContaining({ code: "invalid-argument", reason, message }),
    );
  });

  it.each(["\n", "\r\n"])("may end its lines with %j, and with blank lines", (ending) => {
    const lines = Buffer.from(fixtureHex("silent")).toString().split(/\r?\n/);

    expect(parseFirmware(text(`${lines.join(ending)}${ending}${ending}`), "silent.hex")).toEqual(
      fixtureImage("silent"),
    );
  });

  it("comes back from the flash as it went in, without erased bytes at its end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), fc.integer({ min: 0, max: 254 }), (bytes, last) => {
        const image = Uint8Array.of(...bytes, last);
        const flash = new Uint8Array(32_768).fill(0xff);
        flash.set(image);

        expect(parseFirmware(text(formatFirmware(flash)), "dump.hex")).toEqual(image);
      }),
    );
  });
});
