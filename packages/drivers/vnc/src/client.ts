import { defineDriver, type ByteStream, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import type { NetworkClient } from "@jumpstarter-ts/driver-network";
import {
  waitForSame,
  waitForStable,
  type Look,
  type Picture,
  type PictureSource,
  type SameOptions,
  type StableOptions,
} from "@jumpstarter-ts/picture";

import { vncContract } from "./contract.ts";
import type { Screen } from "./rfb.ts";
import { defaultTimeoutMs, readScreen, takeSnapshot, watchScreen, type WaitOptions } from "./screen.ts";

export interface VncClient {
  readonly tcp: NetworkClient;
  /** A connection to the screen's server, which speaks RFB. */
  open(options?: CallOptions): Promise<ByteStream>;
  /** Size and name of the screen, from a connection of its own. For a server that asks for no password, as all below. */
  screen(options?: CallOptions): Promise<Screen>;
  /** What the screen shows at this moment. */
  snapshot(options?: CallOptions): Promise<Picture>;
  /**
   * Waits until the screen has not changed for `quietMs`, and gives what it shows. Rejects with `deadline-exceeded`
   * (`PICTURE_NOT_STABLE`), and says where the screen still changed.
   */
  waitForStable(options?: StableOptions): Promise<Picture>;
  /**
   * Waits until the screen shows this. Rejects with `deadline-exceeded` (`PICTURE_DIFFERS`), and says what was different
   * at last.
   */
  waitForSame(reference: Picture, options?: SameOptions): Promise<Picture>;
  /** What the lab wants of a web viewer. */
  defaultEncrypt(options?: CallOptions): Promise<boolean>;
}

export const vnc = defineDriver({
  contract: vncContract,
  client(remote: Remote<typeof vncContract>): VncClient {
    const { children, path: what } = remote;
    const connect = ({ signal, timeoutMs = defaultTimeoutMs }: WaitOptions): Promise<ByteStream> =>
      children.tcp.open({ timeoutMs, ...(signal && { signal }) });
    const watch = async (
      { timeoutMs = defaultTimeoutMs, signal }: WaitOptions,
      wait: (source: PictureSource, limits: WaitOptions) => Promise<Look>,
    ): Promise<Picture> => {
      const limits = { timeoutMs, signal };
      const { picture } = await watchScreen(await connect(limits), what, (source) => wait(source, limits));
      return picture;
    };
    return {
      get tcp() {
        return children.tcp;
      },
      open: (options) => children.tcp.open(options),
      screen: async (options = {}) => readScreen(await connect(options), { what, ...options }),
      snapshot: async (options = {}) => takeSnapshot(await connect(options), { what, ...options }),
      waitForStable: (options = {}) =>
        watch(options, (source, limits) => waitForStable(source, { ...options, ...limits })),
      waitForSame: (reference, options = {}) =>
        watch(options, (source, limits) => waitForSame(source, reference, { ...options, ...limits })),
      defaultEncrypt: (options = {}) => remote.with(options).call("get_default_encrypt"),
    };
  },
});
