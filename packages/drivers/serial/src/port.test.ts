import { bytes } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openDriver } from "../test/open-driver.ts";
import { openPty } from "../test/pty.ts";
import { read } from "../test/read.ts";

describe("a serial port that goes away", () => {
  it("ends the stream in an error that says so", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });
    const stream = await driver.connect();
    const reading = read(stream, 1);

    await pty.unplug();

    await expect(reading).rejects.toMatchObject({
      message: expect.stringContaining(`${pty.path} is gone`),
      code: "unavailable",
      reason: "SERIAL_DISCONNECTED",
    });
  });

  it("is noticed also when it happened before anyone read", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });
    const stream = await driver.connect();

    await pty.unplug();

    await expect(read(stream, 1)).rejects.toMatchObject({ reason: "SERIAL_DISCONNECTED" });
  });

  it("fails what is being written", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });
    const stream = await driver.connect();
    await pty.unplug();

    const written = new Promise((resolve) => stream.write(bytes("x"), resolve));

    await expect(written).resolves.toMatchObject({ reason: "SERIAL_DISCONNECTED" });
  });

  it("is missed when the exporter starts, unless check_present is false", async () => {
    const url = "/dev/serial/by-id/usb-no-such-adapter";

    await expect(openDriver({ url })).rejects.toMatchObject({
      message: expect.stringContaining(`${url} cannot be opened: there is no such device`),
      code: "unavailable",
      reason: "SERIAL_NO_DEVICE",
    });
    await using driver = await openDriver({ url, check_present: false });
    await expect(driver.connect()).rejects.toMatchObject({ reason: "SERIAL_NO_DEVICE" });
  });

  it("is told from a path that is no serial port", async () => {
    await expect(openDriver({ url: import.meta.filename })).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "SERIAL_NOT_A_PORT",
    });
  });
});
