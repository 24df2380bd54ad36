import { parentPort, workerData } from "node:worker_threads";

import { isJumpstarterError, messageOf } from "@jumpstarter-ts/core";

import type { BoardCommands, Failure, FromWorker, ToWorker, WorkerSettings } from "./board-messages.ts";
import { createBoard } from "./board.ts";
import { keepEepromFile, readEepromFile } from "./eeprom-file.ts";
import { createPacer } from "./pacer.ts";
import type { PinChange, PinName } from "./pins.ts";

/** The thread in which the chip runs. It is started by virtual-board.ts, with the settings of that file. */

const port = parentPort;
if (port === null) throw new Error("board-worker runs in a worker thread only");
const send = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
// Only virtual-board.ts makes this worker.
const { eepromPath } = workerData as WorkerSettings;

/** A pin can change millions of times a second; what is beyond this in one slice is counted, not told. */
const largestBatch = 1_000;
const saveAfterMs = 200;

let sent = new Uint8Array(1_024);
let sentLength = 0;
let changes: PinChange[] = [];
let missed = 0;
let watched = new Set<PinName>();
let dirtySinceMs: number | undefined;
let background: { readonly error: unknown } | undefined;

function start(): void {
  const board = createBoard({
    eeprom: eepromPath === undefined ? undefined : readEepromFile(eepromPath),
    onByte(byte) {
      if (sentLength === sent.length) sent = Buffer.concat([sent, new Uint8Array(sent.length)]);
      sent[sentLength] = byte;
      sentLength += 1;
    },
    onPin(change) {
      if (!watched.has(change.pin)) return;
      if (changes.length < largestBatch) changes.push(change);
      else missed += 1;
    },
  });
  const file = keepEepromFile(board.eeprom, eepromPath);

  const tell = (): void => {
    const taken = board.takeConsumed();
    if (taken > 0) send({ kind: "taken", count: taken });
    if (sentLength > 0) {
      const bytes = sent.slice(0, sentLength);
      send({ kind: "uart", bytes }, [bytes.buffer]);
    }
    if (changes.length > 0) send({ kind: "pins", changes, missed });
    if (taken > 0 || sentLength > 0 || changes.length > 0 || board.isReceiving) pacer.noteActivity();
    sentLength = 0;
    changes = [];
    missed = 0;
    saveSoon();
  };

  const saveSoon = (): void => {
    if (!file.isDirty) dirtySinceMs = undefined;
    else if (dirtySinceMs === undefined) dirtySinceMs = performance.now();
    else if (performance.now() - dirtySinceMs > saveAfterMs) {
      dirtySinceMs = performance.now();
      try {
        file.save();
      } catch (error) {
        background = { error }; // The next call tells it.
      }
    }
  };

  const pacer = createPacer(board, { now: () => performance.now(), onSlice: tell });

  const commands: BoardCommands = {
    power(on) {
      if (board.isPowered === on) return;
      board.power(on);
      pacer.restart();
      file.save();
    },
    reset: () => board.reset(),
    state: () => ({ isPowered: board.isPowered, nowMs: board.nowMs }),
    flash: (image) => board.flash(image),
    readFlash: () => board.readFlash(),
    readEeprom: (address, length) => board.eeprom.cells.slice(address, address + length),
    writeEeprom: (address, bytes) => board.eeprom.write(address, bytes),
    readPin: (pin) => board.readPin(pin),
    setPin: (pin, source) => board.setPin(pin, source),
    watch(pins) {
      watched = new Set(pins);
    },
    close() {
      board.power(false);
      pacer.stop();
      file.save();
    },
  };

  const receive = (message: ToWorker): void => {
    pacer.catchUp();
    if (message.kind === "uart") {
      board.feed(message.bytes);
      pacer.noteActivity();
    } else {
      answer(message.id, () => {
        // The main side's types hold each name to its own arguments; what is lost here is only the pairing.
        const command = commands[message.name] as (...args: unknown[]) => unknown;
        return command(...message.args);
      });
    }
    tell();
    pacer.keepRunning();
  };

  port?.on("message", receive);
  send({ kind: "ready" });
}

function answer(id: number, work: () => unknown): void {
  let value: unknown;
  try {
    const failed = background;
    background = undefined;
    if (failed !== undefined) throw failed.error;
    value = work();
  } catch (error) {
    send({ kind: "failure", id, failure: describe(error) });
    return;
  }
  send({ kind: "result", id, value });
}

function describe(error: unknown): Failure {
  const isOurs = isJumpstarterError(error) && error.code === "invalid-argument";
  return isOurs
    ? { message: error.message, code: "invalid-argument", reason: error.reason }
    : { message: messageOf(error), code: "internal", reason: "BOARD_FAILED" };
}

try {
  start();
} catch (error) {
  send({ kind: "failure", id: undefined, failure: describe(error) });
}
