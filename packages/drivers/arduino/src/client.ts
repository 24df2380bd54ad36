import { defineDriver, type Remote } from "@jumpstarter-ts/core";
import type { PowerClient } from "@jumpstarter-ts/driver-power";
import type { SerialClient } from "@jumpstarter-ts/driver-serial";
import type { FlasherClient } from "@jumpstarter-ts/driver-storage";

import { arduinoContract } from "./contract.ts";
import type { PinsClient } from "./pins-client.ts";

export interface ArduinoClient {
  readonly power: PowerClient;
  /** The UART on D0 and D1. */
  readonly console: SerialClient;
  /** Takes and gives Intel HEX. */
  readonly flasher: FlasherClient;
  readonly pins: PinsClient;
}

export const arduino = defineDriver({
  contract: arduinoContract,
  client: (remote: Remote<typeof arduinoContract>): ArduinoClient => remote.children,
});
