import type { Duplex } from "node:stream";
import { Worker } from "node:worker_threads";

import { abortedError, JumpstarterError, messageOf, within } from "@jumpstarter-ts/core";

import type {
  BoardCommands,
  BoardState,
  CommandName,
  Failure,
  FromWorker,
  ToWorker,
  WorkerSettings,
} from "./board-messages.ts";
import { createBoardUart } from "./board-uart.ts";
import { eepromBytes } from "./eeprom.ts";
import { flashBytes } from "./firmware.ts";
import { createPinWatchers, type PinEvent } from "./pin-watchers.ts";
import { analogPinNames, type AnalogPinName, type PinLevel, type PinName, type PinReading } from "./pins.ts";

export interface StartBoardOptions {
  /** Ends the start; a board that runs is ended by disposing of it. */
  readonly signal?: AbortSignal | undefined;
  /** A file for the EEPROM: read now if it is there, written within a second of a change and at power-off. */
  readonly eepromPath?: string | undefined;
}

/**
 * An Arduino Uno whose chip is emulated in a thread of its own. Its time follows the wall clock at 16 MHz; a chip that
 * sleeps, or has no power, needs no processor. Calls are carried out in the order in which they were made, and output
 * that the chip sent before a call is handed out before the call is answered.
 */
export interface VirtualBoard extends AsyncDisposable {
  /** Without power the UART is silent and every pin low. Flash, EEPROM and what is done to the pins stay. */
  power(state: "on" | "off"): Promise<void>;
  /** The reset button. Nothing happens without power. */
  reset(): Promise<void>;
  state(): Promise<BoardState>;
  /** A stream on the UART, from now on; more than one may be open. Writing goes as fast as the chip's baud rate. */
  openUart(): Duplex;
  /** Replaces the flash by an image of at most 32768 bytes, and resets a board that has power. */
  flash(image: Uint8Array): Promise<void>;
  /** All 32768 bytes. */
  readFlash(): Promise<Uint8Array>;
  readEeprom(address?: number, length?: number): Promise<Uint8Array>;
  writeEeprom(address: number, bytes: Uint8Array): Promise<void>;
  readonly pins: VirtualPins;
}

export interface VirtualPins {
  read(pin: PinName): Promise<PinReading>;
  /** Drives a pin from outside; null lets go of it. */
  drive(pin: PinName, level: PinLevel | null): Promise<void>;
  /** Puts 0 to 5 V on an analog pin. */
  setVoltage(pin: AnalogPinName, volts: number): Promise<void>;
  /** A jumper wire that gives `pin` the level of another pin; null takes it off. */
  wire(pin: PinName, from: PinName | null): Promise<void>;
  /** The level of a pin, then every change, until the loop is left or the signal is aborted. */
  watch(pin: PinName, options?: { readonly signal?: AbortSignal | undefined }): AsyncGenerator<PinEvent, void>;
}

export async function startBoard({ signal, eepromPath }: StartBoardOptions = {}): Promise<VirtualBoard> {
  if (signal?.aborted) throw abortedError("starting a virtual board", signal.reason);
  // The compiler rewrites the extension of an import, not that of a URL; from source this file is ".ts".
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const settings: WorkerSettings = { eepromPath };
  const worker = new Worker(new URL(`./board-worker${extension}`, import.meta.url), {
    workerData: settings,
    // Nothing of the parent's flags, loaders and profilers is wanted in there.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
    name: "virtual Arduino",
  });
  const ready = Promise.withResolvers<void>();
  const calls = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  let refusal: JumpstarterError | undefined; // Given to every call once the board is closed or dead.
  let disposing: Promise<void> | undefined;

  const post = (message: ToWorker, transfer: ArrayBuffer[] = []): void => worker.postMessage(message, transfer);
  const uart = createBoardUart((chunk) => {
    const bytes = new Uint8Array(chunk);
    post({ kind: "uart", bytes }, [bytes.buffer]);
  });

  const call = async <N extends CommandName>(
    name: N,
    ...args: Parameters<BoardCommands[N]>
  ): Promise<ReturnType<BoardCommands[N]>> => {
    if (refusal !== undefined) throw refusal;
    const id = ++lastId;
    const answer = Promise.withResolvers<unknown>();
    calls.set(id, answer);
    post({ kind: "call", id, name, args });
    // The worker answers a call by its own name with what that command returns.
    return (await answer.promise) as ReturnType<BoardCommands[N]>;
  };
  const watchers = createPinWatchers((pins) => call("watch", pins));

  const shut = (error: JumpstarterError, uartError?: Error): void => {
    refusal ??= error;
    ready.reject(error);
    for (const { reject } of calls.values()) reject(error);
    calls.clear();
    watchers.close(error);
    uart.close(uartError);
  };

  const receive = (message: FromWorker): void => {
    switch (message.kind) {
      case "ready":
        return ready.resolve();
      case "uart":
        return uart.receive(message.bytes);
      case "taken":
        return uart.taken(message.count);
      case "pins":
        return watchers.receive(message.changes, message.missed);
      case "result":
        calls.get(message.id)?.resolve(message.value);
        calls.delete(message.id);
        return undefined;
      case "failure":
        if (message.id === undefined) ready.reject(failed(message.failure));
        else calls.get(message.id)?.reject(failed(message.failure));
        calls.delete(message.id ?? 0);
        return undefined;
    }
  };

  const died = (why: string, cause?: unknown): void => {
    const error = failed({ message: `the virtual board ${why}`, code: "internal", reason: "BOARD_FAILED" }, cause);
    shut(error, error);
  };
  worker.on("message", receive);
  worker.on("messageerror", (cause) => died("sent a message that cannot be read", cause));
  worker.on("error", (cause) => died(`failed: ${messageOf(cause)}`, cause));
  worker.on("exit", (code) => died(`ended by itself with exit code ${code}`));

  const dispose = async (): Promise<void> => {
    const isAlive = refusal === undefined;
    const saved = isAlive ? call("close") : Promise.resolve();
    refusal ??= new JumpstarterError("the virtual board is closed", {
      code: "failed-precondition",
      reason: "BOARD_CLOSED",
    });
    try {
      await within(saved, { what: "saving the EEPROM of the virtual board", timeoutMs: 2_000 });
    } finally {
      shut(refusal);
      await worker.terminate();
    }
  };

  try {
    await within(ready.promise, { what: "starting a virtual board", signal, timeoutMs: 20_000 });
  } catch (error) {
    shut(failed({ message: messageOf(error), code: "internal", reason: "BOARD_FAILED" }, error));
    await worker.terminate();
    throw error;
  }

  return {
    power: (state) => call("power", state === "on"),
    reset: () => call("reset"),
    state: () => call("state"),
    openUart: () => uart.open(),
    async flash(image) {
      checkRange("the image", 0, image.length, flashBytes, "flash");
      await call("flash", image);
    },
    readFlash: () => call("readFlash"),
    async readEeprom(address = 0, length = eepromBytes - address) {
      checkRange("the part to read", address, length, eepromBytes, "EEPROM");
      return await call("readEeprom", address, length);
    },
    async writeEeprom(address, bytes) {
      checkRange("the part to write", address, bytes.length, eepromBytes, "EEPROM");
      await call("writeEeprom", address, bytes);
    },
    pins: {
      read: (pin) => call("readPin", pin),
      drive: (pin, level) => call("setPin", pin, level === null ? undefined : { volts: level === "high" ? 5 : 0 }),
      async setVoltage(pin, volts) {
        checkVoltage(pin, volts);
        await call("setPin", pin, { volts });
      },
      wire: (pin, from) => call("setPin", pin, from === null ? undefined : { wiredTo: from }),
      watch: (pin, { signal: watchSignal } = {}) => watchers.watch(pin, () => call("readPin", pin), watchSignal),
    },
    [Symbol.asyncDispose]: () => (disposing ??= dispose()),
  };
}

function failed({ message, code, reason }: Failure, cause?: unknown): JumpstarterError {
  return new JumpstarterError(message, { code, reason, cause });
}

function checkRange(what: string, start: number, length: number, size: number, memory: string): void {
  const isSound = Number.isInteger(start) && Number.isInteger(length) && start >= 0 && length >= 0;
  if (isSound && start + length <= size) return;
  throw new JumpstarterError(
    `${what} (${length} bytes from ${start}) does not fit into the ${size} bytes of ${memory} of an ATmega328P`,
    { code: "invalid-argument", reason: "OUT_OF_MEMORY_RANGE" },
  );
}

function checkVoltage(pin: string, volts: number): void {
  if (!analogPinNames.some((name) => name === pin)) {
    throw new JumpstarterError(`${pin} measures no voltage: the analog pins are ${analogPinNames.join(", ")}`, {
      code: "invalid-argument",
      reason: "PIN_NOT_ANALOG",
    });
  }
  if (volts >= 0 && volts <= 5) return;
  throw new JumpstarterError(`${volts} V on ${pin} would destroy the chip: it takes 0 to 5 V`, {
    code: "invalid-argument",
    reason: "VOLTAGE_OUT_OF_RANGE",
  });
}
