import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { powerConformance, serveDriver, type PowerUnderTest } from "@jumpstarter-ts/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { fixtureHex, fixturePath } from "../test/firmware-fixtures.ts";
import { arduino } from "./client.ts";
import { virtualUno } from "./driver.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "arduino-driver-"));
  await copyFile(fixturePath("uno"), join(directory, "uno.hex"));
});
afterEach(() => rm(directory, { recursive: true }));

const open = (options: Readonly<Record<string, unknown>> = { firmware: "uno.hex" }) =>
  serveDriver(virtualUno, { definition: arduino, options, baseDirectory: directory });

/** The rail of the board, by what the driver says of it. */
async function openPower(): Promise<PowerUnderTest> {
  let isOn = false;
  const served = await serveDriver(virtualUno, {
    definition: arduino,
    log({ message }) {
      if (message === "power on") isOn = true;
      if (message === "power off") isOn = false;
    },
  });
  return {
    client: served.client.power,
    canRead: false,
    isOn: () => isOn,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

describe("the power of a virtual Arduino", () => {
  powerConformance({ it, expect }, openPower);

  it("cannot be measured", async () => {
    await using served = await open();
    const first = served.client.power.read()[Symbol.asyncIterator]().next();

    await expect(first).rejects.toMatchObject({ code: "unsupported", reason: "POWER_NOT_MEASURED" });
  });
});

describe("a virtual Arduino behind an exporter", () => {
  it("starts without power, with the firmware that its options name", async () => {
    await using served = await open();
    const { power, console, pins } = served.client;
    const before = await pins.mode("D13");
    const prompt = console.waitFor(/^> $/);

    await power.on();
    await prompt;

    expect(before).toBe("off");
    expect(console.textSince("start")).toBe("\njumpstarter-uno 1.0.0\nreset: power-on\n> ");
  });

  it("takes Intel HEX from a file and gives it back", async () => {
    await using served = await open({});
    const dump = join(directory, "dump.hex");

    const { isVerified } = await served.client.flasher.flash(fixturePath("uno-v2"), { verify: "hash" });
    await served.client.flasher.dump(dump);

    expect(isVerified).toBe(true);
    expect(await readFile(dump)).toEqual(fixtureHex("uno-v2"));
  });

  it("runs what it was flashed with, at once when it has power", async () => {
    await using served = await open();
    const { power, console, flasher } = served.client;
    const first = console.waitFor("1.0.0");
    await power.on();
    await first;

    await flasher.flash(fixtureHex("uno-v2"), { target: "flash" });

    expect((await console.waitFor("2.0.0\r\nreset: {cause:word}")).cause).toBe("external");
  });

  it("drives, measures, wires and lets go of pins", async () => {
    await using served = await open();
    const { power, pins } = served.client;
    await power.on();
    await pins.drive("D4", "high");
    await pins.wire("D5", "D4");
    await pins.setVoltage("A1", 5);
    const held = await Promise.all([pins.read("D4"), pins.read("D5"), pins.read("A1")]);

    await pins.release();

    expect(held).toEqual(["high", "high", "high"]);
    expect(await Promise.all([pins.read("D4"), pins.read("D5"), pins.read("A1")])).toEqual(["low", "low", "low"]);
  });

  it("tells every change of a pin", async () => {
    await using served = await open();
    const { power, console, pins } = served.client;
    await power.on();
    await console.waitFor(/^> $/);

    const seen: string[] = [];
    for await (const { level, atMs } of pins.watch("D13")) {
      seen.push(`${level} ${atMs === undefined ? "as it is" : "changed"}`);
      if (seen.length === 1) await console.sendLine("led on");
      else break;
    }

    expect(seen).toEqual(["low as it is", "high changed"]);
  });

  it.each(["the reset button", "DTR, which an Uno turns into a reset"])("starts again at %s", async (way) => {
    await using served = await open();
    const { power, console, pins } = served.client;
    await power.on();
    await console.waitFor(/^> $/);

    if (way === "the reset button") await pins.reset();
    else {
      await console.setDtr(false);
      await console.setDtr(true);
    }

    expect((await console.waitFor("1.0.0\r\nreset: {cause:word}")).cause).toBe("external");
  });

  it("keeps its EEPROM in the file that its options name", async () => {
    const options = { firmware: "uno.hex", eeprom: "uno.eeprom" };
    {
      await using served = await open(options);
      const { power, console } = served.client;
      await power.on();
      await console.waitFor(/^> $/);
      await console.sendLine("eeprom write 9 42");
      await console.waitFor("eeprom 9 = 42");
    }

    await using served = await open(options);
    const { power, console } = served.client;
    await power.on();
    await console.waitFor(/^> $/);
    await console.sendLine("eeprom read 9");

    expect((await console.waitFor("eeprom 9 = {value:int}")).value).toBe(42);
  });
});

describe("what a virtual Arduino refuses", () => {
  it.each([
    [{ firmware: "absent.hex" }, "FIRMWARE_MISSING", "absent.hex is not there: build it, or correct the path"],
    [{ firmwire: "uno.hex" }, "DRIVER_OPTION_INVALID", "firmwire"],
    [{ eeprom: "." }, "EEPROM_FILE", "cannot be read"],
  ])("the options %j", async (options, reason, sentence) => {
    await expect(open(options)).rejects.toMatchObject({ reason, message: expect.stringContaining(sentence) });
  });

  it("an image that is not Intel HEX, and leaves the flash as it was", async () => {
    await using served = await open();
    const { flasher } = served.client;
    const dump = join(directory, "dump.hex");

    await expect(flasher.flash(Buffer.from("ELF"))).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "FIRMWARE_NOT_HEX",
      message: expect.stringContaining(
        'line 1 of the firmware is not Intel HEX: it should start with ":", and is "ELF"',
      ),
    });

    await flasher.dump(dump);
    expect(await readFile(dump)).toEqual(fixtureHex("uno"));
  });

  it("a part that an Arduino does not have", async () => {
    await using served = await open();

    await expect(served.client.flasher.flash(fixtureHex("uno"), { target: "rootfs" })).rejects.toMatchObject({
      reason: "FLASH_TARGET_UNKNOWN",
    });
  });
});
