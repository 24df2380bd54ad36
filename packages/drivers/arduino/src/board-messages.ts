import type { PinChange, PinName, PinReading, PinSource } from "./pins.ts";

/** What the main side may ask of the worker. Every call has one answer, in order. */
export interface BoardCommands {
  power(on: boolean): void;
  reset(): void;
  state(): BoardState;
  flash(image: Uint8Array): void;
  readFlash(): Uint8Array;
  readEeprom(address: number, length: number): Uint8Array;
  writeEeprom(address: number, bytes: Uint8Array): void;
  readPin(pin: PinName): PinReading;
  setPin(pin: PinName, source: PinSource): void;
  /** Pins whose changes are wanted from now on; the others stay silent. */
  watch(pins: readonly PinName[]): void;
  /** Saves the EEPROM. The worker is ended from outside after it. */
  close(): void;
}

export interface BoardState {
  readonly isPowered: boolean;
  /** Milliseconds since power-on by the chip's clock. */
  readonly nowMs: number;
}

export type CommandName = keyof BoardCommands;

export type ToWorker =
  | {
      readonly kind: "call";
      readonly id: number;
      readonly name: CommandName;
      readonly args: Parameters<BoardCommands[CommandName]>;
    }
  | { readonly kind: "uart"; readonly bytes: Uint8Array };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number | undefined; readonly failure: Failure }
  | { readonly kind: "uart"; readonly bytes: Uint8Array }
  /** Bytes of the host that the chip has taken, or lost to a reset. */
  | { readonly kind: "taken"; readonly count: number }
  | { readonly kind: "pins"; readonly changes: readonly PinChange[]; readonly missed: number };

/** An error as it crosses to the other thread. */
export interface Failure {
  readonly message: string;
  readonly code: "invalid-argument" | "internal";
  readonly reason: string;
}

export interface WorkerSettings {
  readonly eepromPath: string | undefined;
}
