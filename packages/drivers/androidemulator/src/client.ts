import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import type { AdbClient, AdbDeviceOptions } from "@jumpstarter-ts/driver-adb";
import type { PowerClient } from "@jumpstarter-ts/driver-power";

import { androidEmulatorContract } from "./contract.ts";

export interface AndroidEmulatorClient {
  readonly adb: AdbClient;
  readonly power: PowerClient;
  /** From the next start on. */
  setHeadless(isHeadless: boolean, options?: CallOptions): Promise<void>;
  /** Switches the emulator on and waits until Android has booted, by default for 180 seconds. */
  start(options?: AdbDeviceOptions): Promise<void>;
}

export const androidEmulator = defineDriver({
  contract: androidEmulatorContract,
  client(remote: Remote<typeof androidEmulatorContract>): AndroidEmulatorClient {
    const { children } = remote;
    return {
      get adb() {
        return children.adb;
      },
      get power() {
        return children.power;
      },
      setHeadless: (isHeadless, options = {}) => remote.with(options).call("set_headless", isHeadless),
      async start(options = {}) {
        await children.power.on(options.signal === undefined ? {} : { signal: options.signal });
        await children.adb.waitForBoot(options);
      },
    };
  },
});
