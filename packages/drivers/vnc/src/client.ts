import { defineDriver, type ByteStream, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import type { NetworkClient } from "@jumpstarter-ts/driver-network";

import { vncContract } from "./contract.ts";
import { readScreen, type Screen } from "./screen.ts";

export interface VncClient {
  readonly tcp: NetworkClient;
  /** A connection to the screen's server, which speaks RFB. */
  open(options?: CallOptions): Promise<ByteStream>;
  /** Size and name of the screen, from a connection of its own. For a server that asks for no password. */
  screen(options?: CallOptions): Promise<Screen>;
  /** What the lab wants of a web viewer. */
  defaultEncrypt(options?: CallOptions): Promise<boolean>;
}

export const vnc = defineDriver({
  contract: vncContract,
  client(remote: Remote<typeof vncContract>): VncClient {
    const { children, path } = remote;
    return {
      get tcp() {
        return children.tcp;
      },
      open: (options) => children.tcp.open(options),
      async screen(options = {}) {
        const stream = await children.tcp.open(options);
        return readScreen(stream, { what: path, ...options });
      },
      defaultEncrypt: (options = {}) => remote.with(options).call("get_default_encrypt"),
    };
  },
});
