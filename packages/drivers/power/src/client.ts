import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { powerContract } from "./contract.ts";
import { cycleSwitch, type CycleOptions } from "./cycle.ts";

export interface PowerReading {
  /** Volts. */
  readonly voltage: number;
  /** Amperes. */
  readonly current: number;
  /** Volt-amperes: voltage times current. */
  readonly apparentPower: number;
}

export interface PowerClient {
  on(options?: CallOptions): Promise<void>;
  off(options?: CallOptions): Promise<void>;
  /** Off, a wait, and on again. */
  cycle(options?: CycleOptions): Promise<void>;
  /**
   * Measures until the driver has no more to say; leaving the loop ends the measurement. A driver that cannot measure
   * answers `unsupported`.
   */
  read(options?: CallOptions): AsyncIterable<PowerReading>;
  /** Only some drivers have it; others answer `unsupported`. */
  rescue(options?: CallOptions): Promise<void>;
}

export const power = defineDriver({
  contract: powerContract,
  client: powerClient,
  safeState: (client) => client.off(),
});

function powerClient(remote: Remote<typeof powerContract>): PowerClient {
  const on: PowerClient["on"] = (options = {}) => remote.with(options).call("on");
  const off: PowerClient["off"] = (options = {}) => remote.with(options).call("off");
  return {
    on,
    off,
    cycle: (options) => cycleSwitch({ on, off }, options),
    async *read(options = {}) {
      for await (const { voltage, current } of remote.with(options).stream("read")) {
        yield { voltage, current, apparentPower: voltage * current };
      }
    },
    rescue: (options = {}) => remote.with(options).call("rescue"),
  };
}
