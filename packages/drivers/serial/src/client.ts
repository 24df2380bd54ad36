import { defineDriver, type ByteStream, type CallOptions, type Console, type Remote } from "@jumpstarter-ts/core";

import { serialContract } from "./contract.ts";

export interface SerialClient extends Console {
  /** The bare bytes, past the recorder. A port has one set of bytes: do not use it beside the waits. */
  open(options?: CallOptions): Promise<ByteStream>;
  /** Closes the exporter's connection to the port; the next use opens it again. */
  close(options?: CallOptions): Promise<void>;
  setDtr(isAsserted: boolean, options?: CallOptions): Promise<void>;
  setRts(isAsserted: boolean, options?: CallOptions): Promise<void>;
}

export const serial = defineDriver({
  contract: serialContract,
  console: "connect",
  client: (remote: Remote<typeof serialContract>): SerialClient => ({
    ...remote.console("connect"),
    open: (options = {}) => remote.with(options).open("connect"),
    close: (options = {}) => remote.with(options).call("close"),
    setDtr: (isAsserted, options = {}) => remote.with(options).call("set_dtr", isAsserted),
    setRts: (isAsserted, options = {}) => remote.with(options).call("set_rts", isAsserted),
  }),
});
