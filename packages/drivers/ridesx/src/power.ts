import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import type { CycleOptions } from "@jumpstarter-ts/driver-power";

import { rideSxPowerContract } from "./contract.ts";

/** The power of a RideSX board. It is switched and never measured. */
export interface RideSxPowerClient {
  on(options?: CallOptions): Promise<void>;
  off(options?: CallOptions): Promise<void>;
  /** Off, a wait, and on again, all done by the exporter: it comes back on also if the caller leaves. */
  cycle(options?: CycleOptions): Promise<void>;
  /** Upstream's driver answers `unsupported`. */
  rescue(options?: CallOptions): Promise<void>;
}

export const rideSxPower = defineDriver({
  contract: rideSxPowerContract,
  client: (remote: Remote<typeof rideSxPowerContract>): RideSxPowerClient => ({
    on: (options = {}) => remote.with(options).call("on"),
    off: (options = {}) => remote.with(options).call("off"),
    cycle: ({ offForMs = 2_000, ...options } = {}) => remote.with(options).call("cycle", offForMs / 1_000),
    rescue: (options = {}) => remote.with(options).call("rescue"),
  }),
  safeState: (client) => client.off(),
});
