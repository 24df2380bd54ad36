import { defineDriver, type Remote } from "@jumpstarter-ts/core";
import type { VirtualPowerClient } from "@jumpstarter-ts/driver-power";
import type { SerialClient } from "@jumpstarter-ts/driver-serial";

import { corelliumContract } from "./contract.ts";

export interface CorelliumClient {
  /** Makes the virtual board when it is switched on, and keeps it when it is switched off, unless told otherwise. */
  readonly power: VirtualPowerClient;
  /** The board's console. */
  readonly serial: SerialClient;
}

export const corellium = defineDriver({
  contract: corelliumContract,
  client: ({ children }: Remote<typeof corelliumContract>): CorelliumClient => ({
    get power() {
      return children.power;
    },
    get serial() {
      return children.serial;
    },
  }),
});
