import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { obdContract } from "./contract.ts";

/** How far the connection goes: nowhere, to the adapter, to a car whose ignition is off, to a car that answers. */
export type ObdStatus = "Not Connected" | "ELM Connected" | "OBD Connected" | "Car Connected";

/** A car behind an ELM327 adapter. */
export interface ObdClient {
  /**
   * A value with its unit, as python-OBD writes it: `1726.0 revolutions_per_minute`. `undefined` where the car does not
   * know it. Rejects with `invalid-argument` for a name that does not exist.
   */
  query(command: string, options?: CallOptions): Promise<string | undefined>;
  /** Clears the trouble codes, and with them the readiness monitors, which take a drive to be ready again. */
  clearTroubleCodes(options?: CallOptions): Promise<void>;
  status(options?: CallOptions): Promise<ObdStatus>;
  /** The names that `query` can be asked for, in order. */
  supportedCommands(options?: CallOptions): Promise<readonly string[]>;
  isConnected(options?: CallOptions): Promise<boolean>;
}

export const obd = defineDriver({ contract: obdContract, client: obdClient });

function obdClient(remote: Remote<typeof obdContract>): ObdClient {
  return {
    query: async (command, options = {}) => (await remote.with(options).call("query", command)) ?? undefined,
    clearTroubleCodes: (options = {}) => remote.with(options).call("clear_dtc"),
    status: (options = {}) => remote.with(options).call("status"),
    supportedCommands: (options = {}) => remote.with(options).call("supported_commands"),
    isConnected: (options = {}) => remote.with(options).call("is_connected"),
  };
}
