import { argument, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

const hex = z.string().regex(/^([0-9a-f]{2})*$/i);
const payload = z.object({ data: hex });
const bytes = hex.transform((text) => new Uint8Array(Buffer.from(text, "hex")));
const seconds = z.number().nonnegative();
const optionalNumber = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);

export interface DoipEntityStatus {
  /** 0 a gateway, 1 a node. */
  readonly nodeType: number;
  readonly maxOpenSockets: number;
  readonly currentlyOpenSockets: number;
  readonly maxDataBytes: number | undefined;
}

const entityStatus = z
  .object({
    node_type: z.number(),
    max_open_sockets: z.number(),
    currently_open_sockets: z.number(),
    max_data_size: optionalNumber,
  })
  .transform((wire): DoipEntityStatus => ({
    nodeType: wire.node_type,
    maxOpenSockets: wire.max_open_sockets,
    currentlyOpenSockets: wire.currently_open_sockets,
    maxDataBytes: wire.max_data_size,
  }));

export interface DoipVehicle {
  readonly vin: string;
  readonly logicalAddress: number;
  /** Of the entity, six bytes. */
  readonly eid: Uint8Array;
  /** Of its group, six bytes. */
  readonly gid: Uint8Array;
  /** 0 none, 0x10 a routing activation that proves who asks. */
  readonly furtherAction: number;
  readonly syncStatus: number | undefined;
}

const vehicle = z
  .object({
    vin: z.string(),
    logical_address: z.number(),
    eid: bytes,
    gid: bytes,
    further_action: z.number(),
    sync_status: optionalNumber,
  })
  .transform(({ logical_address, further_action, sync_status, ...wire }): DoipVehicle => ({
    ...wire,
    logicalAddress: logical_address,
    furtherAction: further_action,
    syncStatus: sync_status,
  }));

export interface DoipRoutingActivation {
  readonly clientLogicalAddress: number;
  readonly logicalAddress: number;
  /** 0x10 where it succeeded (ISO 13400-2). */
  readonly responseCode: number;
  readonly vmSpecific: number | undefined;
}

const routingActivation = z
  .object({
    client_logical_address: z.number(),
    logical_address: z.number(),
    response_code: z.number(),
    vm_specific: optionalNumber,
  })
  .transform((wire): DoipRoutingActivation => ({
    clientLogicalAddress: wire.client_logical_address,
    logicalAddress: wire.logical_address,
    responseCode: wire.response_code,
    vmSpecific: wire.vm_specific,
  }));

export const doipContract = contract({
  name: "doip",
  label: "jumpstarter_driver_doip.client.DoIPDriverClient",
  methods: {
    entity_status: unary({ help: "Ask the entity for its status", result: entityStatus }),
    alive_check: unary({ help: "Ask whether it is alive", result: z.object({ source_address: z.number() }) }),
    diagnostic_power_mode: unary({
      help: "Ask whether it is powered for diagnostics",
      result: z.object({ diagnostic_power_mode: z.number() }),
    }),
    request_vehicle_identification: unary({
      help: "Ask a vehicle who it is",
      arguments: [argument("vin", z.string().length(17).optional()), argument("eid", hex.length(12).optional())],
      result: vehicle,
    }),
    routing_activation: unary({
      help: "Activate the routing of diagnostic messages",
      arguments: [argument("activation_type", z.int().min(0).max(0xff))],
      result: routingActivation,
    }),
    send_diagnostic: unary({ help: "Send a diagnostic message", arguments: [argument("payload", payload)] }),
    receive_diagnostic: unary({
      help: "Receive a diagnostic message",
      arguments: [argument("timeout", seconds)],
      result: z.object({ data: bytes }),
    }),
    reconnect: unary({ help: "Connect anew", arguments: [argument("close_delay", seconds)] }),
    close_connection: unary({ help: "Close the connection" }),
  },
});
