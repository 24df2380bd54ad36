import { AVRSPI, AVRTWI, spiConfig, twiConfig, type CPU } from "avr8js";

/**
 * SPI as a master. Nothing answers by itself: every bit that comes in is the level of MISO (D12), so an open input
 * reads 0x00, a pulled-up one 0xff, and a jumper from MOSI (D11) gives back what was sent.
 */
export function attachSpi(cpu: CPU, frequencyHz: number, answer: (sent: number) => number): AVRSPI {
  const spi = new AVRSPI(cpu, spiConfig, frequencyHz);
  spi.onByte = (sent) => {
    const received = answer(sent);
    cpu.addClockEvent(() => spi.completeTransfer(received), spi.transferCycles);
  };
  return spi;
}

/** I2C as a master of an empty bus: START and STOP work, no address is acknowledged. Each takes its time on the wire. */
export function attachTwi(cpu: CPU, frequencyHz: number): AVRTWI {
  const twi = new AVRTWI(cpu, twiConfig, frequencyHz);
  const after = (bits: number, done: () => void): void => {
    cpu.addClockEvent(done, Math.round((bits * frequencyHz) / twi.sclFrequency));
  };
  twi.eventHandler = {
    start: () => after(1, () => twi.completeStart()),
    stop: () =>
      after(1, () => {
        twi.completeStop();
        // A STOP raises no interrupt on the chip. The emulator's types call the interrupt private.
        cpu.clearInterrupt(twi["TWI"]);
      }),
    connectToSlave: () => after(9, () => twi.completeConnect(false)),
    writeByte: () => after(9, () => twi.completeWrite(false)),
    readByte: () => after(9, () => twi.completeRead(0xff)),
  };
  return twi;
}
