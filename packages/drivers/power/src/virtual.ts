import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { power, type PowerClient } from "./client.ts";
import { virtualPowerContract } from "./contract.ts";

export interface VirtualOffOptions extends CallOptions {
  /** Gives up the virtual device as well, with all that it holds. Default false. */
  readonly destroy?: boolean;
}

/** The power of a device that exists only while somebody keeps it. */
export interface VirtualPowerClient extends PowerClient {
  off(options?: VirtualOffOptions): Promise<void>;
}

/** Made safe by switching it off; what it holds is kept. */
export const virtualPower = defineDriver({
  contract: virtualPowerContract,
  client: virtualPowerClient,
  safeState: (client) => client.off(),
});

function virtualPowerClient(remote: Remote<typeof virtualPowerContract>): VirtualPowerClient {
  return {
    ...power.client(remote),
    off: ({ destroy = false, ...options } = {}) => remote.with(options).call("off", destroy),
  };
}
