import { defineDriver, type ByteStream, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { datagramContract, dbusContract, networkContract } from "./contract.ts";

export interface NetworkClient {
  /** Opens a new connection; any number may be open at once. */
  open(options?: CallOptions): Promise<ByteStream>;
  /**
   * Where the exporter connects to, with the host name resolved there: `tcp://192.0.2.7:22`. Rejects with
   * `invalid-argument` where the lab has switched it off, and with `unsupported` for a kind that has no address.
   */
  address(options?: CallOptions): Promise<string>;
}

export interface DbusNetworkClient {
  /** Opens a new connection to the bus; the caller does the authentication. */
  open(options?: CallOptions): Promise<ByteStream>;
}

export const network = defineDriver({ contract: networkContract, client: networkClient });

/** The same device when its connections carry messages (UDP, WebSocket): one chunk, one message. */
export const datagramNetwork = defineDriver({ contract: datagramContract, client: networkClient });

export const dbusNetwork = defineDriver({
  contract: dbusContract,
  client: (remote: Remote<typeof dbusContract>): DbusNetworkClient => ({
    open: (options = {}) => remote.with(options).open("connect"),
  }),
});

function networkClient(remote: Remote<typeof networkContract>): NetworkClient {
  return {
    open: (options = {}) => remote.with(options).open("connect"),
    address: (options = {}) => remote.with(options).call("address"),
  };
}
