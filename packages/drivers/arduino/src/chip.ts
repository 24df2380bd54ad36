import {
  adcConfig,
  avrInstruction,
  AVRADC,
  AVRClock,
  AVREEPROM,
  AVRWatchdog,
  CPU,
  watchdogConfig,
  type EEPROMBackend,
} from "avr8js";

import { attachPins, mendAdc, type ChipPins } from "./chip-pins.ts";
import { attachSerial, type ChipSerial } from "./chip-serial.ts";
import { attachSpi } from "./chip-spi.ts";
import { attachTimers } from "./chip-timers.ts";
import { attachTwi } from "./chip-twi.ts";
import type { Bench, PinLevel, PinName } from "./pins.ts";
import { isOrdinary, opcode, type Program } from "./program.ts";

/** The crystal of an Arduino Uno. */
export const crystalHz = 16_000_000;

/** Bits of MCUSR, which tells the firmware why it starts. */
export const resetCause = { powerOn: 0x01, external: 0x02, brownOut: 0x04, watchdog: 0x08 } as const;

export interface ChipOptions {
  readonly program: Program;
  readonly eeprom: EEPROMBackend;
  readonly bench: Bench;
  /** What MCUSR holds at the start. */
  readonly resetFlags: number;
  /** Registers and RAM that a reset without loss of power leaves as they were. */
  readonly memory?: Uint8Array | undefined;
  readonly onByte: (byte: number) => void;
  readonly onPin: (pin: PinName, level: PinLevel) => void;
}

/** An ATmega328P from one reset to the next. */
export interface Chip {
  readonly pins: ChipPins;
  readonly serial: ChipSerial;
  readonly memory: Uint8Array;
  readonly resetFlags: number;
  /** Virtual time since this chip was made, in milliseconds of its own clock. */
  readonly nowMs: number;
  /** True once the watchdog has bitten: the chip must be replaced by one that starts anew. */
  readonly wantsReset: boolean;
  /** True while nothing will ever happen by itself: asleep or in an empty loop, with no timer running. */
  readonly isParked: boolean;
  /** Runs until its own time is `untilMs`, or until it wants a reset. */
  runUntil(untilMs: number): void;
}

const ramBytes = 2_048;
const smcr = 0x53;
const { MCUSR } = watchdogConfig;

export function createChip({ program, eeprom, bench, resetFlags, memory, onByte, onPin }: ChipOptions): Chip {
  const cpu = new CPU(program.words, ramBytes);
  if (memory !== undefined) {
    cpu.data.set(memory.subarray(0, 0x20));
    cpu.data.set(memory.subarray(0x100), 0x100);
  }
  const clock = new AVRClock(cpu, crystalHz);
  const pins = attachPins(cpu, bench, onPin);
  const serial = attachSerial(cpu, crystalHz, onByte);
  attachTimers(cpu);
  const adc = new AVRADC(cpu, adcConfig);
  mendAdc(cpu, adc, (input) => pins.voltsAt(input));
  attachSpi(cpu, crystalHz, pins);
  attachTwi(cpu, crystalHz, pins);
  attach(new AVREEPROM(cpu, eeprom));
  attach(new AVRWatchdog(cpu, watchdogConfig, clock));
  cpu.data[MCUSR] = resetFlags;

  let wantsReset = false;
  let isAsleep = false;
  let end = 0;
  cpu.reset = () => {
    wantsReset = true;
    end = 0; // Leaves the loop below.
  };

  const nextEventCycles = (): number => cpu["nextClockEvent"]?.cycles ?? Infinity;
  const isInterrupted = (): boolean => cpu.nextInterrupt >= 0 && cpu.interruptsEnabled;

  /** Asleep only the peripherals run: time jumps from one event to the next until an interrupt wakes the CPU. */
  const doze = (): void => {
    if (!isInterrupted()) cpu.cycles = Math.max(cpu.cycles, Math.min(nextEventCycles(), end));
    const { pc } = cpu;
    cpu.tick();
    if (cpu.pc === pc) return;
    isAsleep = false;
    cpu.cycles += 4; // Waking up takes four cycles.
  };

  const runSpecial = (): void => {
    const code = program.words[cpu.pc];
    if (code === opcode.sleep && (cpu.data[smcr] ?? 0) & 1) isAsleep = true;
    if (code === opcode.jumpToSelf && !isInterrupted()) {
      const loops = Math.floor((Math.min(nextEventCycles(), end) - cpu.cycles) / 2);
      if (loops > 1) cpu.cycles += (loops - 1) * 2;
    }
    if (program.isBlank) cpu.cycles = Math.max(cpu.cycles, end - 1);
    avrInstruction(cpu);
    // After sei and reti the next instruction comes first, and then an interrupt: "sei; sleep" sleeps through none.
    if (code === opcode.enableInterrupts || code === opcode.returnFromInterrupt || isAsleep) return;
    cpu.tick();
  };

  const run = (untilCycles: number): void => {
    end = untilCycles;
    const { kinds } = program;
    while (cpu.cycles < end) {
      if (isAsleep) doze();
      else if (kinds[cpu.pc] === isOrdinary) {
        avrInstruction(cpu);
        cpu.tick();
      } else runSpecial();
    }
  };

  return {
    pins,
    serial,
    memory: cpu.data,
    runUntil(untilMs) {
      const leftMs = (): number => (wantsReset ? 0 : untilMs - clock.timeMillis);
      // More than once around where the firmware changes the frequency, by CLKPR.
      for (let left = leftMs(); left > 0; left = leftMs()) {
        run(cpu.cycles + Math.max(1, Math.ceil((left * clock.frequency) / 1_000)));
      }
    },
    get resetFlags() {
      return cpu.data[MCUSR] ?? 0;
    },
    get nowMs() {
      return clock.timeMillis;
    },
    get wantsReset() {
      return wantsReset;
    },
    get isParked() {
      const waits = isAsleep || program.words[cpu.pc] === opcode.jumpToSelf || program.isBlank;
      return waits && nextEventCycles() === Infinity && !isInterrupted();
    },
  };
}

/** A peripheral hooks itself into its CPU when it is made; nothing else is wanted of it. */
function attach(_peripheral: AVREEPROM | AVRWatchdog): void {}
