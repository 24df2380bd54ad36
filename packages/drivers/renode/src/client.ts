import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import type { PowerClient } from "@jumpstarter-ts/driver-power";
import type { SerialClient } from "@jumpstarter-ts/driver-serial";
import type { FlasherClient } from "@jumpstarter-ts/driver-storage";

import { renodeContract } from "./contract.ts";

export interface RenodeClient {
  readonly power: PowerClient;
  /** Its `target` is the monitor's command to load with: `sysbus LoadELF`, `sysbus LoadBinary`. */
  readonly flasher: FlasherClient;
  readonly console: SerialClient;
  platform(options?: CallOptions): Promise<string>;
  uart(options?: CallOptions): Promise<string>;
  machineName(options?: CallOptions): Promise<string>;
  /** Runs a command of Renode's monitor and gives what it said. The lab has to allow it. */
  monitor(command: string, options?: CallOptions): Promise<string>;
}

export const renode = defineDriver({
  contract: renodeContract,
  client(remote: Remote<typeof renodeContract>): RenodeClient {
    const { children } = remote;
    return {
      get power() {
        return children.power;
      },
      get flasher() {
        return children.flasher;
      },
      get console() {
        return children.console;
      },
      platform: (options = {}) => remote.with(options).call("get_platform"),
      uart: (options = {}) => remote.with(options).call("get_uart"),
      machineName: (options = {}) => remote.with(options).call("get_machine_name"),
      monitor: (command, options = {}) => remote.with(options).call("monitor_cmd", command),
    };
  },
});
