import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { btPeerContract } from "./contract.ts";
import type { BtConnection, BtDisconnection, BtEvent, BtPairing, BtPeer } from "./results.ts";

export interface BtStartOptions extends CallOptions {
  /** What others see. Default: the driver's. */
  readonly name?: string;
  /** BR/EDR, which audio needs. Default: the driver's. */
  readonly isClassicEnabled?: boolean;
  /** 24 bits of the Bluetooth assigned numbers. Default: the driver's. */
  readonly classOfDevice?: number;
}

export interface BtWaitOptions extends CallOptions {
  /** Milliseconds that the exporter waits. Default 30 000, as upstream. */
  readonly waitMs?: number;
}

/** A phone in software, which plays music (A2DP) to what it is connected to. */
export interface BtPeerClient {
  start(options?: BtStartOptions): Promise<BtPeer>;
  /** Ends its connections and forgets its events. Stopping twice is harmless. */
  stop(options?: CallOptions): Promise<void>;
  /** The connection that something makes to the phone, or has made. */
  waitForConnection(options?: BtWaitOptions): Promise<BtConnection>;
  /** The first connection that ends; `undefined` where there is none. */
  waitForDisconnection(options?: BtWaitOptions): Promise<BtDisconnection | undefined>;
  connectTo(address: string, options?: BtWaitOptions): Promise<BtConnection>;
  /** Pairs over a connection, by its handle, and encrypts it. */
  pair(handle: number, options?: CallOptions): Promise<BtPairing>;
  /** What happened after a time of the exporter's clock, oldest first. Default everything. */
  events(options?: CallOptions & { readonly sinceS?: number }): Promise<readonly BtEvent[]>;
  address(options?: CallOptions): Promise<string>;
  connections(options?: CallOptions): Promise<readonly BtConnection[]>;
}

export const btPeer = defineDriver({ contract: btPeerContract, client: btPeerClient });

function btPeerClient(remote: Remote<typeof btPeerContract>): BtPeerClient {
  return {
    start: ({ name, isClassicEnabled, classOfDevice, ...options } = {}) =>
      remote.with(options).call(
        "start_peer",
        // What is undefined is left out.
        JSON.stringify({ name, classic_enabled: isClassicEnabled, class_of_device: classOfDevice }),
      ),
    stop: async (options = {}) => void (await remote.with(options).call("stop_peer")),
    waitForConnection: ({ waitMs = 30_000, ...options } = {}) =>
      remote.with(options).call("wait_connection", waitMs / 1_000),
    waitForDisconnection: ({ waitMs = 30_000, ...options } = {}) =>
      remote.with(options).call("wait_disconnection", waitMs / 1_000),
    connectTo: (address, { waitMs = 30_000, ...options } = {}) =>
      remote.with(options).call("connect_to", address, waitMs / 1_000),
    pair: (handle, options = {}) => remote.with(options).call("pair", handle),
    events: ({ sinceS = 0, ...options } = {}) => remote.with(options).call("get_events", String(sinceS)),
    address: (options = {}) => remote.with(options).call("get_address"),
    connections: (options = {}) => remote.with(options).call("get_connections"),
  };
}
