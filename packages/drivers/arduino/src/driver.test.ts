import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";

import {
  createScope,
  readAll,
  silentLogger,
  type AnyContract,
  type CallContext,
  type DriverMethods,
  type Scope,
  type ServedDriver,
} from "@jumpstarter-ts/core";
import { powerContract } from "@jumpstarter-ts/driver-power";
import { serialContract } from "@jumpstarter-ts/driver-serial";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { fixtureHex } from "../test/firmware-fixtures.ts";
import { virtualUno } from "./driver.ts";
import { parseFirmware } from "./firmware.ts";
import { flasherContract } from "./flasher-contract.ts";
import { pinsContract } from "./pins-contract.ts";

let directory = "";
let scope: Scope;
const context: CallContext = { signal: new AbortController().signal };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "arduino-driver-"));
  await writeFile(join(directory, "uno.hex"), fixtureHex("uno"));
  scope = createScope("board");
});
afterEach(async () => {
  await scope.close();
  await rm(directory, { recursive: true });
});

const open = (options?: unknown): Promise<ServedDriver> =>
  virtualUno.open(options, { ...scope, log: silentLogger, baseDirectory: directory, children: {} });

/** The methods of a child, as its contract types them. */
function child<C extends AnyContract>(board: ServedDriver, contract: C): DriverMethods<C> {
  const found = Object.values(board.children).find((served) => served.contract === contract);
  if (found === undefined) throw new Error(`no ${contract.name}`);
  // It was served by this contract, so these are its methods.
  return found.methods as unknown as DriverMethods<C>;
}

const text = async (stream: Readable, end: string): Promise<string> => {
  let heard = "";
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    heard += String(chunk);
    if (heard.includes(end)) break;
  }
  return heard;
};

describe("the arduino driver", () => {
  it("starts without power, with the firmware that its options name", async () => {
    const board = await open({ firmware: "uno.hex" });
    const [console, pins] = [child(board, serialContract), child(board, pinsContract)];
    const stream = await console.connect(context);

    const before = await pins.mode("D13", context);
    await child(board, powerContract).on(context);

    expect(before).toBe("off");
    expect(await text(stream, "> ")).toBe("\r\njumpstarter-uno 1.0.0\r\nreset: power-on\r\n> ");
  });

  it("flashes Intel HEX from a stream, and dumps it again", async () => {
    const board = await open();
    const flasher = child(board, flasherContract);
    const dumped = new PassThrough();

    await flasher.flash(Readable.from([fixtureHex("uno-v2")]), undefined, context);
    const [dump] = await Promise.all([readAll(dumped), flasher.dump(dumped, null, context)]);

    expect(parseFirmware(dump, "dump")).toEqual(parseFirmware(fixtureHex("uno-v2"), "uno-v2.hex"));
  });

  it("drives, measures, wires and lets go of pins", async () => {
    const board = await open({ firmware: "uno.hex" });
    const pins = child(board, pinsContract);
    await child(board, powerContract).on(context);
    await pins.drive("D4", "high", context);
    await pins.wire("D5", "D4", context);
    const driven = await Promise.all([pins.read("D4", context), pins.read("D5", context)]);

    await pins.release(context);

    expect(driven).toEqual(["high", "high"]);
    expect(await Promise.all([pins.read("D4", context), pins.read("D5", context)])).toEqual(["low", "low"]);
  });

  it.each(["DTR, which an Uno turns into a reset", "the reset button"])(
    "starts the firmware again at %s",
    async (way) => {
      const board = await open({ firmware: "uno.hex" });
      const console = child(board, serialContract);
      const stream = await console.connect(context);
      await child(board, powerContract).on(context);
      await text(stream, "> ");

      if (way === "the reset button") await child(board, pinsContract).reset(context);
      else {
        await console.set_dtr?.(false, context);
        await console.set_dtr?.(true, context);
      }

      expect(await text(stream, "> ")).toContain("reset: external");
    },
  );

  it("closes a console whose caller has gone", async () => {
    const board = await open({ firmware: "uno.hex" });
    const gone = new AbortController();
    const stream = await child(board, serialContract).connect({ signal: gone.signal });
    const closed = new Promise((resolve) => stream.once("close", resolve));

    gone.abort();

    await closed;
    expect(stream.destroyed).toBe(true);
  });

  it("takes the power off and ends the board when its scope closes", async () => {
    const board = await open({ firmware: "uno.hex" });
    const power = child(board, powerContract);
    await power.on(context);

    expect(await scope.close()).toEqual([]);

    await expect(power.on(context)).rejects.toMatchObject({ reason: "BOARD_CLOSED" });
  });
});

describe("what the arduino driver refuses", () => {
  it.each([
    [{ firmware: "absent.hex" }, "FIRMWARE_MISSING", "absent.hex is not there: build it, or correct the path"],
    [{ firmwire: "uno.hex" }, "SCHEMA_MISMATCH", "firmwire"],
    [{ eeprom: "." }, "EEPROM_FILE", "cannot be read"],
  ])("the options %j", async (options, reason, sentence) => {
    await expect(open(options)).rejects.toMatchObject({ reason, message: expect.stringContaining(sentence) });
  });

  it("an image that is not Intel HEX, and leaves the flash as it was", async () => {
    const board = await open({ firmware: "uno.hex" });
    const flasher = child(board, flasherContract);
    const dumped = new PassThrough();

    await expect(flasher.flash(Readable.from([Buffer.from("ELF")]), null, context)).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "FIRMWARE_NOT_HEX",
      message: 'line 1 of the firmware is not Intel HEX: it should start with ":", and is "ELF"',
    });

    const [dump] = await Promise.all([readAll(dumped), flasher.dump(dumped, null, context)]);
    expect(parseFirmware(dump, "dump")).toEqual(parseFirmware(fixtureHex("uno"), "uno.hex"));
  });

  it("a part of the flash that an Arduino does not have", async () => {
    const flasher = child(await open(), flasherContract);

    await expect(flasher.flash(Readable.from([fixtureHex("uno")]), "rootfs", context)).rejects.toMatchObject({
      reason: "FLASH_TARGET_UNKNOWN",
    });
  });

  it("to measure the power", async () => {
    const power = child(await open(), powerContract);

    const attempt = (async () => {
      for await (const reading of power.read(context)) return reading;
      return undefined;
    })();

    await expect(attempt).rejects.toMatchObject({ code: "unsupported", reason: "POWER_NOT_MEASURED" });
  });
});
