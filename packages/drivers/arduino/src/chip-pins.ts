import {
  AVRIOPort,
  PinState,
  portBConfig,
  portCConfig,
  portDConfig,
  type ADCMuxInput,
  type AVRADC,
  type CPU,
} from "avr8js";

import { analogPinNames, pinNames, type Bench, type PinLevel, type PinName, type PinReading } from "./pins.ts";

export const supplyVolts = 5;
// Table 28-1 of the data sheet: a level is certain above 0.6 and below 0.3 of the supply.
const risesAtVolts = 0.6 * supplyVolts;
const fallsAtVolts = 0.3 * supplyVolts;

export interface ChipPins {
  read(pin: PinName): PinReading;
  /** Looks at the bench again after it changed. */
  refresh(): void;
  /** Takes an output over from its PORT bit, as a peripheral does; undefined gives it back. */
  force(pin: PinName, level: PinLevel | undefined): void;
  /** Pulls a pin low against all others, as an open-drain output does, or lets go of it. */
  pullLow(pin: PinName, isPulled: boolean): void;
  /** What the analog-to-digital converter sees. */
  voltsAt(input: ADCMuxInput): number;
}

interface Place {
  readonly port: AVRIOPort;
  readonly bit: number;
}

/**
 * Ports B, C and D with what the emulator leaves out: pull-ups, thresholds and jumper wires. An input that nothing
 * drives reads low.
 */
export function attachPins(cpu: CPU, bench: Bench, onChange: (pin: PinName, level: PinLevel) => void): ChipPins {
  const ports = {
    B: new AVRIOPort(cpu, portBConfig),
    C: new AVRIOPort(cpu, portCConfig),
    D: new AVRIOPort(cpu, portDConfig),
  };
  const places = new Map<PinName, Place>();
  for (const pin of pinNames) {
    const number = Number(pin.slice(1));
    if (pin.startsWith("A")) places.set(pin, { port: ports.C, bit: number });
    else places.set(pin, number < 8 ? { port: ports.D, bit: number } : { port: ports.B, bit: number - 8 });
  }
  const pulledLow = new Set<PinName>();
  const inputs = new Map<PinName, boolean>();
  const levels = new Map<PinName, boolean>();
  const at = (pin: PinName): Place => {
    const place = places.get(pin);
    if (place === undefined) throw new TypeError(`no pin ${pin}`);
    return place;
  };

  /** Volts that the bench and the pull-up put on a pin; undefined where nothing does. */
  const outsideVolts = (pin: PinName): number | undefined => {
    const source = bench.get(pin);
    if (source !== undefined && "volts" in source) return source.volts;
    if (source !== undefined) return (levels.get(source.wiredTo) ?? false) ? supplyVolts : 0;
    return at(pin).port.pinState(at(pin).bit) === PinState.InputPullUp ? supplyVolts : undefined;
  };

  const isOutput = (pin: PinName): boolean => {
    const state = at(pin).port.pinState(at(pin).bit);
    return state === PinState.High || state === PinState.Low;
  };

  const update = (pin: PinName): void => {
    const { port, bit } = at(pin);
    const volts = pulledLow.has(pin) ? 0 : (outsideVolts(pin) ?? 0);
    const was = inputs.get(pin) ?? false;
    const isHigh = volts >= risesAtVolts || (volts > fallsAtVolts && was);
    if (isHigh !== was) {
      inputs.set(pin, isHigh);
      port.setPin(bit, isHigh);
    }
    const level = isOutput(pin) ? port.pinState(bit) === PinState.High : isHigh;
    if (level === (levels.get(pin) ?? false)) return;
    levels.set(pin, level);
    onChange(pin, level ? "high" : "low");
    for (const [wired, source] of bench) if ("wiredTo" in source && source.wiredTo === pin) update(wired);
  };

  for (const port of Object.values(ports)) {
    const own = pinNames.filter((pin) => at(pin).port === port);
    port.addListener(() => own.forEach(update));
  }
  const refresh = (): void => pinNames.forEach(update);
  refresh();

  return {
    refresh,
    read(pin) {
      const { port, bit } = at(pin);
      const state = port.pinState(bit);
      const mode = isOutput(pin) ? "output" : state === PinState.InputPullUp ? "input-pullup" : "input";
      return { level: (levels.get(pin) ?? false) ? "high" : "low", mode };
    },
    force(pin, level) {
      const { port, bit } = at(pin);
      port.timerOverridePin(
        bit,
        level === undefined ? override.none : level === "high" ? override.set : override.clear,
      );
    },
    pullLow(pin, isPulled) {
      if (isPulled) pulledLow.add(pin);
      else pulledLow.delete(pin);
      update(pin);
    },
    voltsAt(input) {
      if (!("channel" in input)) return 0;
      const pin = analogPinNames[input.channel];
      if (pin === undefined) return 0; // A6 and A7 exist on the flat package only.
      return isOutput(pin) ? (levels.get(pin) ? supplyVolts : 0) : (outsideVolts(pin) ?? 0);
    },
  };
}

/** The emulator's PinOverrideMode, which it does not export. */
const override = { none: 0, set: 2, clear: 3 } as const;

const adcsra = 0x7a;
const adcsrb = 0x7b;
const startConversion = 0x40;
const autoTrigger = 0x20;
const interruptFlag = 0x10;

/** Gives the converter the voltages of the pins, and what the emulator leaves out: free running, and ADIF. */
export function mendAdc(cpu: CPU, adc: AVRADC, voltsAt: (input: ADCMuxInput) => number): void {
  const ownVolts = adc.onADCRead;
  adc.onADCRead = (input) => {
    if (!("channel" in input)) return ownVolts(input);
    const steps = Math.floor((voltsAt(input) / adc.referenceVoltage) * 1024);
    cpu.addClockEvent(() => {
      adc.completeADCRead(Math.min(Math.max(steps, 0), 1023));
      const control = cpu.data[adcsra] ?? 0;
      const isFreeRunning = control & autoTrigger && !((cpu.data[adcsrb] ?? 0) & 7);
      if (isFreeRunning) cpu.writeData(adcsra, (control & ~interruptFlag) | startConversion);
    }, adc.sampleCycles);
  };
  const write = cpu.writeHooks[adcsra];
  cpu.writeHooks[adcsra] = (value, old, address, mask) => {
    // Writing one clears ADIF; the emulator would set it.
    write?.(value & ~interruptFlag, old, address, mask);
    cpu.data[adcsra] = (cpu.data[adcsra] ?? 0) | (old & interruptFlag & ~value);
    return true;
  };
}
