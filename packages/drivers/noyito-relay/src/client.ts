import { defineDriver, type CallOptions, type OutputOf, type Remote } from "@jumpstarter-ts/core";
import { power, type PowerClient } from "@jumpstarter-ts/driver-power";

import { noyitoRelayContract, type relayStatusSchema } from "./contract.ts";

/** `partial` where the driver switches all channels together and only some of them are on. */
export type RelayStatus = OutputOf<typeof relayStatusSchema>;

export interface NoyitoRelayClient extends PowerClient {
  /** Asks the board, not the driver's memory. */
  status(options?: CallOptions): Promise<RelayStatus>;
}

export const noyitoRelay = defineDriver({
  contract: noyitoRelayContract,
  client: noyitoRelayClient,
  safeState: (client) => client.off(),
});

function noyitoRelayClient(remote: Remote<typeof noyitoRelayContract>): NoyitoRelayClient {
  return { ...power.client(remote), status: (options = {}) => remote.with(options).call("status") };
}
