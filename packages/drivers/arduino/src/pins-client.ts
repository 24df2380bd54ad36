import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import type { PinEvent } from "./pin-watchers.ts";
import { pinsContract } from "./pins-contract.ts";
import type { AnalogPinName, PinLevel, PinName, PinReading } from "./pins.ts";

export interface PinsClient {
  read(pin: PinName, options?: CallOptions): Promise<PinLevel>;
  /** What the firmware made of the pin; `off` while the board has no power. */
  mode(pin: PinName, options?: CallOptions): Promise<PinReading["mode"]>;
  /** Drives a pin from outside until it is driven otherwise; null lets go of it. */
  drive(pin: PinName, level: PinLevel | null, options?: CallOptions): Promise<void>;
  /** Puts 0 to 5 V on an analog pin. */
  setVoltage(pin: AnalogPinName, volts: number, options?: CallOptions): Promise<void>;
  /** A jumper wire: `pin` follows the level of `from`. Null takes the wire off. */
  wire(pin: PinName, from: PinName | null, options?: CallOptions): Promise<void>;
  /** The level of a pin as it is, then every change; leaving the loop ends it. */
  watch(pin: PinName, options?: CallOptions): AsyncIterable<PinEvent>;
  /** Lets go of all pins: no level, no voltage, no wire. */
  release(options?: CallOptions): Promise<void>;
  /** Presses the reset button. */
  reset(options?: CallOptions): Promise<void>;
}

export const pins = defineDriver({
  contract: pinsContract,
  client: pinsClient,
  safeState: (client) => client.release(),
});

function pinsClient(remote: Remote<typeof pinsContract>): PinsClient {
  return {
    read: (pin, options = {}) => remote.with(options).call("read", pin),
    mode: (pin, options = {}) => remote.with(options).call("mode", pin),
    drive: (pin, level, options = {}) => remote.with(options).call("drive", pin, level),
    setVoltage: (pin, volts, options = {}) => remote.with(options).call("set_voltage", pin, volts),
    wire: (pin, from, options = {}) => remote.with(options).call("wire", pin, from),
    async *watch(pin, options = {}) {
      for await (const { level, at_ms } of remote.with(options).stream("watch", pin)) {
        yield { level, atMs: at_ms ?? undefined };
      }
    },
    release: (options = {}) => remote.with(options).call("release"),
    reset: (options = {}) => remote.with(options).call("reset"),
  };
}
