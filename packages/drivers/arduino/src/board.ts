import { createChip, resetCause, type Chip } from "./chip.ts";
import { createEeprom, type Eeprom } from "./eeprom.ts";
import { flashBytes } from "./firmware.ts";
import {
  pinNames,
  type Bench,
  type PinChange,
  type PinLevel,
  type PinName,
  type PinReading,
  type PinSource,
} from "./pins.ts";
import { createProgram } from "./program.ts";

export interface BoardOptions {
  /** Contents at the start; erased if absent. */
  readonly eeprom?: Uint8Array | undefined;
  /** A byte that the chip sends on its UART. */
  readonly onByte: (byte: number) => void;
  readonly onPin: (change: PinChange) => void;
}

/**
 * An Arduino Uno in virtual time: it moves on only in {@link Board.runUntil}, so the same calls always give the same
 * result, cycle by cycle.
 */
export interface Board {
  readonly isPowered: boolean;
  /** Milliseconds since power-on by the chip's clock; 0 without power. */
  readonly nowMs: number;
  /** True while no run would change anything before something comes from outside. */
  readonly isParked: boolean;
  /** True while bytes from the host are on their way to the chip. */
  readonly isReceiving: boolean;
  readonly eeprom: Eeprom;
  /** Time and RAM start anew at power-on; flash, EEPROM and what the bench does to the pins stay. */
  power(on: boolean): void;
  /** The reset button. */
  reset(): void;
  /** Replaces the whole flash; a board with power starts anew. */
  flash(image: Uint8Array): void;
  readFlash(): Uint8Array;
  runUntil(untilMs: number): void;
  /** Bytes from the host; lost without power. */
  feed(bytes: Uint8Array): void;
  /** How many of the host's bytes were taken, or lost to a reset, since the last call. */
  takeConsumed(): number;
  readPin(pin: PinName): PinReading;
  setPin(pin: PinName, source: PinSource): void;
}

export function createBoard({ eeprom: contents, onByte, onPin }: BoardOptions): Board {
  const eeprom = createEeprom(contents);
  const flash = new Uint8Array(flashBytes).fill(0xff);
  const bench: Bench = new Map();
  const levels = new Map<PinName, PinLevel>();
  let program = createProgram(flash);
  let chip: Chip | undefined;
  let startedAtMs = 0; // When the present chip started, counted from power-on.
  let fed = 0;
  let consumed = 0;

  const now = (): number => (chip === undefined ? 0 : startedAtMs + chip.nowMs);

  const report = (pin: PinName, level: PinLevel, atMs: number): void => {
    if ((levels.get(pin) ?? "low") === level) return;
    levels.set(pin, level);
    onPin({ pin, level, atMs });
  };

  const stop = (): void => {
    consumed = fed; // What was on its way to the chip is lost.
    chip = undefined;
  };

  const start = (resetFlags: number, memory?: Uint8Array): void => {
    startedAtMs = now();
    stop();
    const made = createChip({
      program,
      eeprom,
      bench,
      resetFlags,
      memory,
      onByte,
      onPin: (pin, level) => {
        if (chip === made) report(pin, level, now());
      },
    });
    chip = made;
    for (const pin of pinNames) report(pin, made.pins.read(pin).level, startedAtMs);
  };

  const collect = (): void => {
    consumed += chip?.serial.takeConsumed() ?? 0;
  };

  return {
    eeprom,
    get isPowered() {
      return chip !== undefined;
    },
    get nowMs() {
      return now();
    },
    get isParked() {
      return chip?.isParked ?? true;
    },
    get isReceiving() {
      return chip?.serial.isReceiving ?? false;
    },
    power(on) {
      if (on === (chip !== undefined)) return;
      if (on) {
        start(resetCause.powerOn);
        return;
      }
      const atMs = now();
      stop();
      for (const pin of pinNames) report(pin, "low", atMs);
    },
    reset() {
      if (chip !== undefined) start(chip.resetFlags | resetCause.external, chip.memory);
    },
    flash(image) {
      flash.fill(0xff).set(image);
      program = createProgram(flash);
      if (chip !== undefined) start(chip.resetFlags | resetCause.external, chip.memory);
    },
    readFlash: () => flash.slice(),
    runUntil(untilMs) {
      for (let running = chip; running !== undefined && now() < untilMs; running = chip) {
        running.runUntil(untilMs - startedAtMs);
        collect();
        if (running.wantsReset) start(running.resetFlags | resetCause.watchdog, running.memory);
      }
    },
    feed(bytes) {
      fed += bytes.length;
      if (chip === undefined) consumed = fed;
      else chip.serial.feed(bytes);
    },
    takeConsumed() {
      collect();
      fed -= consumed;
      const count = consumed;
      consumed = 0;
      return count;
    },
    readPin: (pin) => chip?.pins.read(pin) ?? { level: "low", mode: "off" },
    setPin(pin, source) {
      if (source === undefined) bench.delete(pin);
      else bench.set(pin, source);
      chip?.pins.refresh();
    },
  };
}
