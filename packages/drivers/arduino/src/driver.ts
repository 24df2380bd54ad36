import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable, type Duplex, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { implement, JumpstarterError, messageOf, readAll, serve, type ServedDriver } from "@jumpstarter-ts/core";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { flasher } from "@jumpstarter-ts/driver-storage";

import { arduino } from "./client.ts";
import { formatFirmware, parseFirmware } from "./firmware.ts";
import { checkTarget, largestFileBytes } from "./flash-target.ts";
import { arduinoOptions } from "./options.ts";
import { pins } from "./pins-client.ts";
import { pinNames } from "./pins.ts";
import { startBoard, type VirtualBoard } from "./virtual-board.ts";

/** A virtual Arduino Uno. It starts without power, and loses it when its session ends. */
export const virtualUno = implement(arduino, arduinoOptions, async ({ firmware, eeprom }, scope) => {
  const at = (path: string): string => resolve(scope.baseDirectory, path);
  const file = firmware === undefined ? undefined : await readFirmware(at(firmware));
  const image = file === undefined ? undefined : parseFirmware(file, at(firmware ?? ""));
  let isOn = false;
  const turned = (on: boolean): void => {
    if (on !== isOn) scope.log.info(`power ${on ? "on" : "off"}`);
    isOn = on;
  };
  scope.defer(() => turned(false)); // Said after the board is ended, which takes its power.
  const board = scope.use(
    await startBoard({ signal: scope.signal, eepromPath: eeprom === undefined ? undefined : at(eeprom) }),
    { what: "end the virtual Arduino" },
  );
  if (image !== undefined) await board.flash(image);
  return serve(
    arduino,
    {},
    {
      children: {
        power: servePower(board, turned),
        console: serveConsole(board),
        flasher: serveFlasher(board, file, (message) => scope.log.info(message)),
        pins: servePins(board),
      },
      description: "Arduino Uno, emulated",
    },
  );
});

function servePower(board: VirtualBoard, turned: (on: boolean) => void): ServedDriver {
  return serve(power, {
    async on() {
      await board.power("on");
      turned(true);
    },
    async off() {
      await board.power("off");
      turned(false);
    },
    read() {
      throw new JumpstarterError("the power of a virtual Arduino cannot be measured: it draws none", {
        code: "unsupported",
        reason: "POWER_NOT_MEASURED",
      });
    },
  });
}

function serveConsole(board: VirtualBoard): ServedDriver {
  const streams = new Set<Duplex>();
  let isDtr = true;
  return serve(serial, {
    connect({ signal }) {
      const stream = board.openUart();
      const onAbort = (): void => void stream.destroy();
      streams.add(stream);
      signal.addEventListener("abort", onAbort, { once: true });
      stream.once("close", () => {
        streams.delete(stream);
        signal.removeEventListener("abort", onAbort);
      });
      return stream;
    },
    close() {
      for (const stream of streams) stream.destroy();
    },
    async set_dtr(isAsserted) {
      // On an Uno a capacitor turns the edge into a press of the reset button.
      if (isAsserted && !isDtr) await board.reset();
      isDtr = isAsserted;
    },
  });
}

function serveFlasher(
  board: VirtualBoard,
  firstFile: Uint8Array | undefined,
  log: (message: string) => void,
): ServedDriver {
  let flashed = firstFile;
  return serve(flasher, {
    async flash(source, target) {
      checkTarget(target);
      const file = await readAll(source, { limitBytes: largestFileBytes });
      const image = parseFirmware(file, "the firmware");
      await board.flash(image);
      flashed = file;
      log(`flashed ${image.length} bytes`);
    },
    async dump(sink: Writable, partition) {
      checkTarget(partition);
      const flash = await board.readFlash();
      // One content has many spellings in Intel HEX: where the flash holds what was written, it is given back as it came.
      const isAsFlashed = flashed !== undefined && holds(flash, parseFirmware(flashed, "the firmware"));
      const file = isAsFlashed ? flashed : Buffer.from(formatFirmware(flash));
      await pipeline(Readable.from([file]), sink);
    },
  });
}

function servePins(board: VirtualBoard): ServedDriver {
  return serve(pins, {
    read: async (pin) => (await board.pins.read(pin)).level,
    mode: async (pin) => (await board.pins.read(pin)).mode,
    drive: (pin, level) => board.pins.drive(pin, level),
    set_voltage: (pin, volts) => board.pins.setVoltage(pin, volts),
    wire: (pin, from) => board.pins.wire(pin, from),
    async *watch(pin, { signal }) {
      for await (const { level, atMs } of board.pins.watch(pin, { signal })) yield { level, at_ms: atMs ?? null };
    },
    async release() {
      await Promise.all(pinNames.map((pin) => board.pins.drive(pin, null)));
    },
    reset: () => board.reset(),
  });
}

function holds(flash: Uint8Array, image: Uint8Array): boolean {
  return flash.every((byte, address) => byte === (image[address] ?? 0xff));
}

async function readFirmware(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const what = isMissing ? "is not there: build it, or correct the path" : `cannot be read: ${messageOf(cause)}`;
    throw new JumpstarterError(`the firmware ${path} ${what}`, {
      code: isMissing ? "not-found" : "invalid-argument",
      reason: isMissing ? "FIRMWARE_MISSING" : "FIRMWARE_UNREADABLE",
      cause,
    });
  }
}
