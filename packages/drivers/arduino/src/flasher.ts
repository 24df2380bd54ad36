import {
  defineDriver,
  type CallOptions,
  type Remote,
  type ResourceSink,
  type ResourceSource,
} from "@jumpstarter-ts/core";

import { flasherContract } from "./flasher-contract.ts";

export interface FlashOptions extends CallOptions {
  /** Which part of the device; its main one by default. */
  readonly target?: string;
}

export interface FlasherClient {
  /** Writes an image: a local path, a URL that the exporter fetches, or the bytes. */
  flash(image: ResourceSource, options?: FlashOptions): Promise<void>;
  /** Reads the image back to a local path or a stream. */
  dump(to: ResourceSink, options?: FlashOptions): Promise<void>;
}

export const flasher = defineDriver({
  contract: flasherContract,
  client: (remote: Remote<typeof flasherContract>): FlasherClient => ({
    flash: (image, { target, ...options } = {}) => remote.with(options).call("flash", image, target),
    dump: (to, { target, ...options } = {}) => remote.with(options).call("dump", to, target),
  }),
});
