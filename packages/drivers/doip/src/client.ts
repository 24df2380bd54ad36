import { defineDriver, type CallOptions, type Remote } from "@jumpstarter-ts/core";

import { doipContract, type DoipEntityStatus, type DoipRoutingActivation, type DoipVehicle } from "./contract.ts";

export type DoipPowerMode = "not-ready" | "ready" | "not-supported";

export interface DoipIdentificationOptions extends CallOptions {
  /** Only the vehicle with this identification number. */
  readonly vin?: string;
  /** Only the entity with these six bytes, where there is no `vin`. */
  readonly eid?: Uint8Array;
}

export interface DoipReceiveOptions extends CallOptions {
  /** Milliseconds that the exporter waits for a message. Default 2000, as upstream. */
  readonly waitMs?: number;
}

export interface DoipReconnectOptions extends CallOptions {
  /** Milliseconds between the end of the old connection and the new one. Default 2000, as upstream. */
  readonly pauseMs?: number;
}

/** An entity behind DoIP (ISO 13400). The exporter connects when the lease begins. */
export interface DoipClient {
  entityStatus(options?: CallOptions): Promise<DoipEntityStatus>;
  /** Answers the logical address of the entity that is alive. */
  aliveCheck(options?: CallOptions): Promise<number>;
  /** A number for a mode that the manufacturer has made. */
  diagnosticPowerMode(options?: CallOptions): Promise<DoipPowerMode | number>;
  identifyVehicle(options?: DoipIdentificationOptions): Promise<DoipVehicle>;
  activateRouting(options?: CallOptions & { readonly activationType?: number }): Promise<DoipRoutingActivation>;
  /** Sends a message to the ECU, usually a UDS request, and waits until the entity has taken it. */
  sendDiagnostic(payload: Uint8Array, options?: CallOptions): Promise<void>;
  /** The next message of the ECU. Rejects with `deadline-exceeded` where none came in time. */
  receiveDiagnostic(options?: DoipReceiveOptions): Promise<Uint8Array>;
  reconnect(options?: DoipReconnectOptions): Promise<void>;
  /** Ends the connection; after that only `reconnect` does anything. */
  closeConnection(options?: CallOptions): Promise<void>;
}

const powerModes: readonly (DoipPowerMode | undefined)[] = ["not-ready", "ready", "not-supported"];

export const doip = defineDriver({ contract: doipContract, client: doipClient });

function doipClient(remote: Remote<typeof doipContract>): DoipClient {
  return {
    entityStatus: (options = {}) => remote.with(options).call("entity_status"),
    async aliveCheck(options = {}) {
      const { source_address: address } = await remote.with(options).call("alive_check");
      return address;
    },
    async diagnosticPowerMode(options = {}) {
      const { diagnostic_power_mode: mode } = await remote.with(options).call("diagnostic_power_mode");
      return powerModes[mode] ?? mode;
    },
    identifyVehicle: ({ vin, eid, ...options } = {}) =>
      remote.with(options).call("request_vehicle_identification", vin, eid === undefined ? undefined : toHex(eid)),
    activateRouting: ({ activationType = 0, ...options } = {}) =>
      remote.with(options).call("routing_activation", activationType),
    sendDiagnostic: (payload, options = {}) => remote.with(options).call("send_diagnostic", { data: toHex(payload) }),
    async receiveDiagnostic({ waitMs = 2_000, ...options } = {}) {
      const { data } = await remote.with(options).call("receive_diagnostic", waitMs / 1_000);
      return data;
    },
    reconnect: ({ pauseMs = 2_000, ...options } = {}) => remote.with(options).call("reconnect", pauseMs / 1_000),
    closeConnection: (options = {}) => remote.with(options).call("close_connection"),
  };
}

function toHex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}
