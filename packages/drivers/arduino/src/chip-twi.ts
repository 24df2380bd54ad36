import { AVRTWI, twiConfig, type CPU } from "avr8js";

import type { ChipPins } from "./chip-pins.ts";

const enabled = 0x04;
const data = "A4";
const clock = "A5";

/** What to do, and when: in bits of the bus clock from now. */
type Step = readonly [atBits: number, action: () => void];

/**
 * I2C as a master of an empty bus, on its pins: START, address and STOP are seen on SDA (A4) and SCL (A5), which the
 * chip only ever pulls low; no address is acknowledged, and reading gives 0xff.
 */
export function attachTwi(cpu: CPU, frequencyHz: number, pins: ChipPins): void {
  const twi = new AVRTWI(cpu, twiConfig, frequencyHz);
  const low = (pin: typeof data | typeof clock) => (): void => pins.pullLow(pin, true);
  const free = (pin: typeof data | typeof clock) => (): void => pins.pullLow(pin, false);

  const write = cpu.writeHooks[twiConfig.TWCR];
  cpu.writeHooks[twiConfig.TWCR] = (value, old, address, mask) => {
    if (!(value & enabled)) [free(data), free(clock)].forEach((release) => release());
    return write?.(value, old, address, mask);
  };

  const play = (steps: readonly Step[]): void => {
    const startedAt = cpu.cycles;
    const bitCycles = frequencyHz / twi.sclFrequency;
    const next = (index: number): void => {
      const step = steps[index];
      if (step === undefined) return;
      const [atBits, action] = step;
      const run = (): void => {
        action();
        next(index + 1);
      };
      cpu.addClockEvent(run, Math.round(startedAt + atBits * bitCycles - cpu.cycles));
    };
    next(0);
  };

  /** Eight bits, and a ninth in which nobody pulls the line low. */
  const byte = (value: number): Step[] =>
    Array.from({ length: 9 }, (_, index): Step[] => {
      const isHigh = index === 8 || ((value >> (7 - index)) & 1) === 1;
      return [
        [index + 0.25, isHigh ? free(data) : low(data)],
        [index + 0.5, free(clock)],
        [index + 1, low(clock)],
      ];
    }).flat();

  const stopped = (): void => {
    free(data)();
    twi.completeStop();
    // A STOP raises no interrupt on the chip. The emulator's types call the interrupt private.
    cpu.clearInterrupt(twi["TWI"]);
  };
  twi.eventHandler = {
    start: () =>
      play([
        [0, free(data)],
        [0.25, free(clock)],
        [0.5, low(data)],
        [0.75, low(clock)],
        [1, () => twi.completeStart()],
      ]),
    stop: () =>
      play([
        [0.25, low(data)],
        [0.5, free(clock)],
        [1, stopped],
      ]),
    connectToSlave: (address, isWrite) =>
      play([...byte((address << 1) | (isWrite ? 0 : 1)), [9, () => twi.completeConnect(false)]]),
    writeByte: (value) => play([...byte(value), [9, () => twi.completeWrite(false)]]),
    readByte: () => play([...byte(0xff), [9, () => twi.completeRead(0xff)]]),
  };
}
