import { once } from "node:events";

import type { CallOptions } from "@jumpstarter-ts/core";
import { serial, type SerialClient } from "@jumpstarter-ts/driver-serial";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { hardwareBench } from "../../fixtures/boards/hardware-bench/index.ts";
import { adapter, isBenchMissing, runBench, type RunningBench } from "./hardware-machine.ts";
import { bootTimeout, buildTimeout, patience } from "./linux-machine.ts";

let bench: RunningBench;

const port = (name: string): SerialClient => bench.session.device(name).as(serial);
const soon = (): CallOptions => ({ signal: AbortSignal.timeout(60_000) });

/** What the kernel put on the bus meanwhile: request and value of the control transfers to the adapter. */
async function controlTransfers(work: () => Promise<unknown>): Promise<readonly (readonly [string, string])[]> {
  await bench.shell.run("cat /sys/kernel/debug/usb/usbmon/0u >/tmp/usb & echo $! >/tmp/monitor");
  await work();
  const { stdout } = await bench.shell.run("kill $(cat /tmp/monitor); cat /tmp/usb");
  return [...stdout.matchAll(/ s 40 (\w\w) (\w{4}) /g)].map(([, request = "", value = ""]) => [request, value]);
}

describe.skipIf(isBenchMissing)("a USB serial adapter beside our exporter", { timeout: bootTimeout }, () => {
  beforeAll(async () => {
    const device = (url: string): object => ({
      type: "jumpstarter_driver_pyserial.driver.PySerial",
      config: { url },
    });
    bench = await runBench(await hardwareBench(), {
      adapter: device("/dev/ttyUSB0"),
      modem: device("/dev/ttyACM0"),
      gadget: device("/dev/ttyGS0"),
    });
  }, buildTimeout);
  afterAll(() => bench?.[Symbol.asyncDispose](), bootTimeout);

  it("carries bytes both ways between a test and the far end of the cable", async () => {
    bench.cable.write("hello from the far end\n");
    await port("adapter").waitFor("hello from the {place} end", patience);

    const arrived = once(bench.cable, "data");
    await port("adapter").send("hello back\n");
    expect(String((await arrived)[0])).toBe("hello back\n");
  });

  it("sets DTR and RTS on the wire, each by itself", async () => {
    const transfers = await controlTransfers(async () => {
      await port("adapter").setDtr(false, soon());
      await port("adapter").setRts(false, soon());
      await port("adapter").setDtr(true, soon());
      await port("adapter").setRts(true, soon());
    });

    // FTDI's request 1: both lines are named (the high byte), bit 0 is DTR and bit 1 is RTS.
    const lines = transfers.flatMap(([request, value]) => (request === "01" ? [value] : []));
    expect(lines).toEqual(["0302", "0300", "0301", "0303"]);
  });

  it("has lines that can be read, and sends a break, with the library that our driver stands on", async () => {
    const script = `
      const { SerialPort } = require("/repository/node_modules/serialport");
      SerialPort.binding.open({ path: "/dev/ttyUSB0", baudRate: 9600, lock: false }).then(async (port) => {
        const { cts, dsr, dcd } = await port.get();
        await port.set({ brk: true });
        await port.set({ brk: false });
        await port.close();
        console.log(JSON.stringify({ cts, dsr, dcd }));
      });`;
    let said = "";
    const transfers = await controlTransfers(async () => {
      ({ stdout: said } = await bench.shell.run(`node -e '${script.replaceAll(/\s+/g, " ")}'`, patience));
    });

    expect(JSON.parse(said)).toEqual({ cts: true, dsr: true, dcd: true });
    // FTDI's request 4 has the break in bit 14, above the number of data bits.
    const breaks = transfers.flatMap(([request, value]) => (request === "04" ? [value] : []));
    expect(breaks.join(" ")).toMatch(/4008( \w+)* 0008$/);
  });

  it("is one of several: a modem and its other end talk through the same exporter", async () => {
    const [modem, gadget] = [port("modem"), port("gadget")];

    await modem.send("AT\n");
    await gadget.waitFor("AT\n", patience);
    await gadget.send("OK\n");

    expect(await modem.waitFor(/^OK.*$/, patience)).toMatchObject({ line: "OK" });
  });

  it("ends its connection when it is unplugged, and is used again when it is back", async () => {
    const lost = port("adapter").waitFor("nothing more", patience);
    await bench.machine.qmp("device_del", { id: adapter.id });
    await expect(lost).rejects.toMatchObject({ reason: "CONSOLE_ENDED" });
    await bench.shell.run("until ! [ -e /dev/ttyUSB0 ]; do usleep 50000; done");
    await expect(port("adapter").open(soon())).rejects.toMatchObject({
      message: expect.stringContaining("/dev/ttyUSB0"),
    });

    await bench.machine.qmp("device_add", adapter);
    await bench.shell.run("until [ -c /dev/ttyUSB0 ]; do usleep 50000; done");
    const again = await port("adapter").open(soon());
    const arrived = once(again, "data");
    bench.cable.write("welcome back\n");

    expect(String((await arrived)[0])).toBe("welcome back\n");
  });
});
