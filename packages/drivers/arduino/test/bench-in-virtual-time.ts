import { createBoard, type Board } from "../src/board.ts";
import type { PinChange } from "../src/pins.ts";
import { fixtureImage, type FixtureName } from "./firmware-fixtures.ts";

/** A board with firmware, someone who listens, and no clock but its own. */
export interface Bench {
  readonly board: Board;
  readonly changes: PinChange[];
  /** What the chip has sent so far. */
  readonly heard: () => string;
  /** Lets virtual time pass and returns what the chip sent in it. */
  readonly pass: (ms: number) => string;
  /** Types a text and returns what came until `ms` later. */
  readonly type: (text: string, ms?: number) => string;
}

export function benchWith(firmware: FixtureName | undefined, eeprom?: Uint8Array): Bench {
  const sent: number[] = [];
  const changes: PinChange[] = [];
  const board = createBoard({ eeprom, onByte: (byte) => sent.push(byte), onPin: (change) => changes.push(change) });
  if (firmware !== undefined) board.flash(fixtureImage(firmware));
  const heard = (): string => Buffer.from(sent).toString("latin1");
  const pass = (ms: number): string => {
    const before = sent.length;
    board.runUntil(board.nowMs + ms);
    return heard().slice(before);
  };
  return {
    board,
    changes,
    heard,
    pass,
    type(text, ms = 50) {
      board.feed(Buffer.from(text));
      return pass(ms);
    },
  };
}
