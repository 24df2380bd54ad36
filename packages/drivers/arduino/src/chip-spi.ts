import { AVRSPI, spiConfig, type CPU } from "avr8js";

import type { ChipPins } from "./chip-pins.ts";

const { SPCR } = spiConfig;
const enabledMaster = 0x50;
const lowBitFirst = 0x20;
const clockIdlesHigh = 0x08;
const sampleOnSecondEdge = 0x04;

/**
 * SPI as a master, edge by edge on its pins: SCK on D13, MOSI on D11, and MISO taken from the level of D12. Nobody
 * answers by itself: an open MISO reads 0x00, a pulled-up one 0xff, and one wired to D11 what was sent.
 */
export function attachSpi(cpu: CPU, frequencyHz: number, pins: ChipPins): void {
  const spi = new AVRSPI(cpu, spiConfig, frequencyHz);
  const control = (): number => cpu.data[SPCR] ?? 0;
  const isMaster = (value: number): boolean => (value & enabledMaster) === enabledMaster;

  const write = cpu.writeHooks[SPCR];
  cpu.writeHooks[SPCR] = (value, old, address, mask) => {
    const isDone = write?.(value, old, address, mask);
    pins.force("D13", isMaster(value) ? (value & clockIdlesHigh ? "high" : "low") : undefined);
    if (!isMaster(value)) pins.force("D11", undefined);
    return isDone;
  };

  spi.onByte = (sent) => {
    const mode = control();
    const bitAt = (index: number): number => (mode & lowBitFirst ? index : 7 - index);
    const put = (index: number): void => pins.force("D11", (sent >> bitAt(index)) & 1 ? "high" : "low");
    const isLate = (mode & sampleOnSecondEdge) !== 0;
    const startedAt = cpu.cycles;
    const halfBit = spi.transferCycles / 16;
    let received = 0;
    let edge = 0;

    const step = (): void => {
      if (!isMaster(control())) return spi.reset();
      const index = edge >> 1;
      const isLeading = edge % 2 === 0;
      pins.force("D13", isLeading === ((mode & clockIdlesHigh) === 0) ? "high" : "low");
      if (isLeading !== isLate) received |= pins.read("D12").level === "high" ? 1 << bitAt(index) : 0;
      else if (isLate) put(index);
      else if (index < 7) put(index + 1);
      edge += 1;
      if (edge === 16) return spi.completeTransfer(received);
      cpu.addClockEvent(step, startedAt + (edge + 1) * halfBit - cpu.cycles);
      return undefined;
    };

    if (!isMaster(mode)) return spi.reset(); // A slave waits for a master, and there is none.
    if (!isLate) put(0);
    cpu.addClockEvent(step, halfBit);
    return undefined;
  };
}
