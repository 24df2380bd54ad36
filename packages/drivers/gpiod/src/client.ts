import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import { cycleSwitch, type CycleOptions } from "@jumpstarter-ts/driver-power";

import { digitalInputContract, digitalOutputContract } from "./contract.ts";

/** As the line's configuration means it: a line that is active low is `active` at the low level. */
export type PinState = "active" | "inactive";

export interface DigitalOutputClient {
  on(options?: CallOptions): Promise<void>;
  off(options?: CallOptions): Promise<void>;
  /** Off, a wait, and on again. */
  cycle(options?: CycleOptions): Promise<void>;
  read(options?: CallOptions): Promise<PinState>;
}

export interface PinWaitOptions extends Pick<CallOptions, "signal"> {
  /**
   * Milliseconds after which the exporter gives the wait up with `deadline-exceeded`. Without it the exporter waits
   * for ever, also after the caller has left: give one.
   */
  readonly timeoutMs?: number;
}

export interface DigitalInputClient {
  read(options?: CallOptions): Promise<PinState>;
  /** Returns at once if the line is active already. */
  waitForActive(options?: PinWaitOptions): Promise<void>;
  waitForInactive(options?: PinWaitOptions): Promise<void>;
  /** Waits for a change that comes after the call: a level that is there already is no edge. */
  waitForEdge(edge: "rising" | "falling", options?: PinWaitOptions): Promise<void>;
}

export const digitalOutput = defineDriver({
  contract: digitalOutputContract,
  client: (remote: Remote<typeof digitalOutputContract>): DigitalOutputClient => {
    const on: DigitalOutputClient["on"] = (options = {}) => remote.with(options).call("on");
    const off: DigitalOutputClient["off"] = (options = {}) => remote.with(options).call("off");
    return {
      on,
      off,
      cycle: (options) => cycleSwitch({ on, off }, options),
      read: async (options = {}) => stateOf(await remote.with(options).call("read_pin")),
    };
  },
  safeState: (client) => client.off(),
});

export const digitalInput = defineDriver({
  contract: digitalInputContract,
  client: (remote: Remote<typeof digitalInputContract>): DigitalInputClient => ({
    read: async (options = {}) => stateOf(await remote.with(options).call("read_pin")),
    waitForActive: ({ timeoutMs, ...options } = {}) =>
      remote.with(options).call("wait_for_active", secondsOf(timeoutMs)),
    waitForInactive: ({ timeoutMs, ...options } = {}) =>
      remote.with(options).call("wait_for_inactive", secondsOf(timeoutMs)),
    waitForEdge: (edge, { timeoutMs, ...options } = {}) =>
      remote.with(options).call("wait_for_edge", edge, secondsOf(timeoutMs)),
  }),
});

function stateOf(level: 0 | 1): PinState {
  return level === 1 ? "active" : "inactive";
}

function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1_000;
}
