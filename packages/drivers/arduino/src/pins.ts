/** Pins that measure a voltage. */
export const analogPinNames = ["A0", "A1", "A2", "A3", "A4", "A5"] as const;

/** The pins as they are printed on the board. */
export const pinNames = [
  "D0",
  "D1",
  "D2",
  "D3",
  "D4",
  "D5",
  "D6",
  "D7",
  "D8",
  "D9",
  "D10",
  "D11",
  "D12",
  "D13",
  ...analogPinNames,
] as const;

export type PinName = (typeof pinNames)[number];
export type AnalogPinName = (typeof analogPinNames)[number];
export type PinLevel = "high" | "low";

/** What is seen from outside on one pin. */
export interface PinReading {
  readonly level: PinLevel;
  /** What the firmware made of the pin; `off` while the board has no power. */
  readonly mode: "output" | "input" | "input-pullup" | "off";
}

/** One change of level, at a time counted by the chip's clock since power-on. */
export interface PinChange {
  readonly pin: PinName;
  readonly level: PinLevel;
  readonly atMs: number;
}

/** What the bench does to a pin: a voltage, another pin (a jumper wire), or nothing. */
export type PinSource = { readonly volts: number } | { readonly wiredTo: PinName } | undefined;

/** The bench around the board. It stays as it is over power cycles and resets. */
export type Bench = Map<PinName, Exclude<PinSource, undefined>>;
