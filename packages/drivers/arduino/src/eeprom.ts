import type { EEPROMBackend } from "avr8js";

/** EEPROM of the ATmega328P. */
export const eepromBytes = 1_024;

/** The cells of the EEPROM; they outlive the chip's power. */
export interface Eeprom extends EEPROMBackend {
  readonly cells: Uint8Array;
  /** Counts writes, so that a store can tell when to save. */
  readonly revision: number;
  write(address: number, bytes: Uint8Array): void;
}

export function createEeprom(contents: Uint8Array = new Uint8Array()): Eeprom {
  const cells = new Uint8Array(eepromBytes).fill(0xff);
  cells.set(contents.subarray(0, eepromBytes));
  let revision = 0;
  return {
    cells,
    get revision() {
      return revision;
    },
    readMemory: (address) => cells[address % eepromBytes] ?? 0xff,
    eraseMemory(address) {
      cells[address % eepromBytes] = 0xff;
      revision += 1;
    },
    writeMemory(address, value) {
      // Programming only clears bits; erasing sets them.
      cells[address % eepromBytes] = (cells[address % eepromBytes] ?? 0xff) & value;
      revision += 1;
    },
    write(address, bytes) {
      cells.set(bytes, address);
      revision += 1;
    },
  };
}
