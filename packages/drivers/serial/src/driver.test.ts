import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";

import { bytes } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openDriver } from "../test/open-driver.ts";
import { openPty } from "../test/pty.ts";
import { read } from "../test/read.ts";

describe("a serial port", () => {
  it("carries bytes both ways, none of them translated", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });
    const stream = await driver.connect();
    const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);

    stream.write(everyByte);
    const atDevice = await read(pty.received, 256);
    await pty.send(everyByte);
    const atDriver = await read(stream, 256);

    expect(atDevice).toEqual(Buffer.from(everyByte));
    expect(atDriver).toEqual(Buffer.from(everyByte));
  });

  it("carries a mebibyte each way at the same time, unchanged", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });
    const stream = await driver.connect();
    const [down, up] = [randomBytes(1024 ** 2), randomBytes(1024 ** 2)];

    const [atDevice, atDriver] = await Promise.all([
      read(pty.received, down.length),
      read(stream, up.length),
      new Promise((resolve) => stream.write(down, resolve)),
      pty.send(up),
    ]);

    expect(atDevice.equals(down)).toBe(true);
    expect(atDriver.equals(up)).toBe(true);
  });

  it.each([9_600, 921_600])("sets %i baud", async (baudrate) => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path, baudrate });
    await driver.connect();

    expect(terminalSettings(pty.path)).toContain(`speed ${baudrate} baud`);
  });

  it("takes a baud rate that no table has", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path, baudrate: 1_234_567 });
    const stream = await driver.connect();

    await pty.send("odd");

    expect(String(await read(stream, 3))).toBe("odd");
  });

  it("keeps receiving after its caller has nothing more to send", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });
    const stream = await driver.connect();

    stream.end(bytes("boot\n"));
    await read(pty.received, 5);
    await pty.send("U-Boot");

    expect(String(await read(stream, 6))).toBe("U-Boot");
  });

  it("refuses a second connection until the first is closed", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });
    const first = await driver.connect();

    await expect(driver.connect()).rejects.toMatchObject({
      message: expect.stringContaining(`${pty.path} has a connection already`),
      code: "failed-precondition",
      reason: "SERIAL_IN_USE",
    });
    first.destroy();
    const second = await driver.connect();

    second.write(bytes("!"));
    expect(String(await read(pty.received, 1))).toBe("!");
  });

  it("opens for only one of two callers who come at once", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });

    const [first, second] = await Promise.allSettled([driver.connect(), driver.connect()]);

    expect(first.status).toBe("fulfilled");
    expect(second).toMatchObject({ status: "rejected", reason: { reason: "SERIAL_IN_USE" } });
  });

  it("says that another program has the port", async () => {
    await using pty = openPty();
    await using other = await openDriver({ url: pty.path });
    await other.connect();

    await expect(openDriver({ url: pty.path })).rejects.toMatchObject({
      message: expect.stringContaining(`fuser ${pty.path}`),
      code: "failed-precondition",
      reason: "SERIAL_BUSY",
    });
  });

  it("closes the connection when told to, and opens anew", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });
    const first = await driver.connect();

    await driver.call("close");
    await driver.call("close");

    expect(first.closed).toBe(true);
    await expect(driver.connect()).resolves.toBeDefined();
  });

  it("lets go of the port with the call that opened it", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });
    const call = new AbortController();
    const stream = await driver.connect(call.signal);

    call.abort();
    await once(stream, "close");

    await using other = await openDriver({ url: pty.path });
    await expect(other.connect()).resolves.toBeDefined();
    await expect(driver.connect(AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  });

  it("lets go of the port at the end of the session", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });
    const stream = await driver.connect();
    stream.write(randomBytes(1024 ** 2)); // nobody reads it

    expect(await driver.end()).toEqual([]);

    expect(stream.closed).toBe(true);
    await using other = await openDriver({ url: pty.path });
    await expect(other.connect()).resolves.toBeDefined();
    await expect(driver.connect()).rejects.toMatchObject({ code: "cancelled" });
  });

  it("sets no modem lines where there are none", async () => {
    await using pty = openPty();
    await using driver = await openDriver({ url: pty.path });

    await expect(driver.call("set_dtr", false)).rejects.toMatchObject({
      code: "unsupported",
      reason: "SERIAL_NO_LINES",
    });
    await using other = await openDriver({ url: pty.path });
    await expect(other.connect()).resolves.toBeDefined();
  });

  it.each([true, false])("with disable_hupcl %s hangs up on closing or does not", async (disable_hupcl) => {
    await using pty = openPty();
    execFileSync("stty", ["-F", pty.path, "hupcl"]);
    await using driver = await openDriver({ url: pty.path, disable_hupcl });
    await driver.connect();

    expect(terminalSettings(pty.path).split(/\s+/)).toContain(disable_hupcl ? "-hupcl" : "hupcl");
  });
});

function terminalSettings(path: string): string {
  return execFileSync("stty", ["-a", "-F", path], { encoding: "utf8" });
}
