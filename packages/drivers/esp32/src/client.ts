import { defineDriver, type CallOptions, type OutputOf, type Remote } from "@jumpstarter-ts/core";
import type { SerialClient } from "@jumpstarter-ts/driver-serial";
import { flasher, type FlasherClient } from "@jumpstarter-ts/driver-storage";

import { esp32Contract, type chipInfoSchema } from "./contract.ts";

/** `features` is a list for people: `WiFi, BT, Dual Core`. */
export type ChipInfo = Readonly<OutputOf<typeof chipInfoSchema>>;

export interface FlashRegion {
  readonly address: number;
  /** How much to dump; 4 MiB where it is left out. A flash is as long as its image. */
  readonly sizeBytes?: number;
}

/** A target of `flash` and `dump` is an address in the flash, of `dump` also a region: see {@link regionTarget}. */
export interface Esp32FlasherClient extends FlasherClient {
  /** The chip's port. The tool closes it when it needs the chip, which ends an open console. */
  readonly serial: SerialClient;
  getChipInfo(options?: CallOptions): Promise<ChipInfo>;
  /** Erases the whole flash. */
  erase(options?: CallOptions): Promise<void>;
  /** Resets the chip into its firmware. */
  hardReset(options?: CallOptions): Promise<void>;
  /** Resets the chip into its ROM loader. */
  enterBootloader(options?: CallOptions): Promise<void>;
}

export const esp32 = defineDriver({
  contract: esp32Contract,
  client: (remote: Remote<typeof esp32Contract>): Esp32FlasherClient => ({
    ...flasher.client(remote),
    get serial() {
      return remote.children.serial;
    },
    getChipInfo: (options = {}) => remote.with(options).call("get_chip_info"),
    erase: (options = {}) => remote.with(options).call("erase"),
    hardReset: (options = {}) => remote.with(options).call("hard_reset"),
    enterBootloader: (options = {}) => remote.with(options).call("enter_bootloader"),
  }),
});

/** The target that names a region of the flash: `0x10000`, or `0x10000:0x1000` with a size. */
export function regionTarget({ address, sizeBytes }: FlashRegion): string {
  const start = `0x${address.toString(16)}`;
  return sizeBytes === undefined ? start : `${start}:0x${sizeBytes.toString(16)}`;
}
