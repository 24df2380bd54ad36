import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";
import { cycleSwitch, type CycleOptions } from "@jumpstarter-ts/driver-power";

import { snmpContract } from "./contract.ts";

/** An outlet of a PDU. It is switched and never measured. */
export interface SnmpClient {
  /** Answers the driver's confirmation, a sentence for people. */
  on(options?: CallOptions): Promise<string>;
  off(options?: CallOptions): Promise<string>;
  /** Off, a wait, and on again. */
  cycle(options?: CycleOptions): Promise<void>;
}

export const snmp = defineDriver({
  contract: snmpContract,
  client: snmpClient,
  safeState: async (client) => void (await client.off()),
});

function snmpClient(remote: Remote<typeof snmpContract>): SnmpClient {
  const on: SnmpClient["on"] = (options = {}) => remote.with(options).call("on");
  const off: SnmpClient["off"] = (options = {}) => remote.with(options).call("off");
  return { on, off, cycle: (options) => cycleSwitch({ on, off }, options) };
}
