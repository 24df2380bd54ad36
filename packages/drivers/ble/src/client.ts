import { defineDriver, type ByteStream, type CallOptions, type Console, type Remote } from "@jumpstarter-ts/core";

import { bleContract } from "./contract.ts";

/** A Bluetooth LE device with a characteristic to write and one that notifies, which together are its console. */
export interface BleClient extends Console {
  /** The device and its characteristics, in lines for people. */
  info(options?: CallOptions): Promise<string>;
  /**
   * The bare messages, past the recorder: a chunk written is one write, a chunk read is one notification. The device
   * takes one connection: do not use it beside the waits.
   */
  open(options?: CallOptions): Promise<ByteStream>;
}

export const ble = defineDriver({
  contract: bleContract,
  console: "connect",
  client: (remote: Remote<typeof bleContract>): BleClient => ({
    ...remote.console("connect"),
    info: (options = {}) => remote.with(options).call("info"),
    open: (options = {}) => remote.with(options).open("connect"),
  }),
});
