import { describe, expect, it } from "vitest";

import { parseSerialUrl, serialOptions } from "./options.ts";

describe("serial options", () => {
  it("needs only a url; the rest is upstream's", () => {
    expect(serialOptions.parse({ url: "/dev/ttyUSB0" })).toEqual({
      url: "/dev/ttyUSB0",
      baudrate: 115_200,
      check_present: true,
      disable_hupcl: false,
    });
  });

  it.each([
    ["/dev/serial/by-id/usb-FTDI_x-if00-port0", { kind: "device", path: "/dev/serial/by-id/usb-FTDI_x-if00-port0" }],
    ["COM3", { kind: "device", path: "COM3" }],
    ["loop://", { kind: "loop" }],
    ["socket://board:4000", { kind: "socket", host: "board", port: 4_000 }],
    ["socket://[::1]:4000", { kind: "socket", host: "::1", port: 4_000 }],
  ])("reads %s", (url, target) => {
    expect(parseSerialUrl(url)).toEqual(target);
  });

  it.each(["rfc2217://board:4000", "hwgrep://FTDI", "spy:///dev/ttyUSB0"])(
    "says what to write instead of %s",
    (url) => {
      expect(() => parseSerialUrl(url)).toThrow(/not supported here, write a device path/);
    },
  );

  it.each(["socket://board", "socket://:4000", "socket://"])("says what %s lacks", (url) => {
    expect(() => parseSerialUrl(url)).toThrow(`${url} names no host and port`);
  });
});
