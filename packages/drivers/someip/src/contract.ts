import { argument, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

const id = z.int().min(0).max(0xffff);
const seconds = z.number().nonnegative();
const hex = z.string().regex(/^([0-9a-f]{2})*$/i);
const payload = z.object({ data: hex });
const bytes = hex.transform((text) => new Uint8Array(Buffer.from(text, "hex")));

export interface SomeIpMessage {
  readonly serviceId: number;
  readonly methodId: number;
  readonly clientId: number;
  readonly sessionId: number;
  readonly protocolVersion: number;
  readonly interfaceVersion: number;
  /** 0x00 a request, 0x01 one without an answer, 0x02 a notification, 0x80 an answer, 0x81 an error. */
  readonly messageType: number;
  /** 0 where all is well (AUTOSAR PRS SOME/IP, return codes). */
  readonly returnCode: number;
  readonly payload: Uint8Array;
}

const message = z
  .object({
    service_id: z.number(),
    method_id: z.number(),
    client_id: z.number(),
    session_id: z.number(),
    protocol_version: z.number().default(1),
    interface_version: z.number().default(1),
    message_type: z.number(),
    return_code: z.number(),
    payload: bytes,
  })
  .transform((wire): SomeIpMessage => ({
    serviceId: wire.service_id,
    methodId: wire.method_id,
    clientId: wire.client_id,
    sessionId: wire.session_id,
    protocolVersion: wire.protocol_version,
    interfaceVersion: wire.interface_version,
    messageType: wire.message_type,
    returnCode: wire.return_code,
    payload: wire.payload,
  }));

export interface SomeIpService {
  readonly serviceId: number;
  readonly instanceId: number;
  readonly majorVersion: number;
  readonly minorVersion: number;
}

const service = z
  .object({
    service_id: z.number(),
    instance_id: z.number(),
    major_version: z.number().default(1),
    minor_version: z.number().default(0),
  })
  .transform((wire): SomeIpService => ({
    serviceId: wire.service_id,
    instanceId: wire.instance_id,
    majorVersion: wire.major_version,
    minorVersion: wire.minor_version,
  }));

export interface SomeIpEvent {
  readonly serviceId: number;
  readonly eventId: number;
  readonly payload: Uint8Array;
}

const event = z
  .object({ service_id: z.number(), event_id: z.number(), payload: bytes })
  .transform((wire): SomeIpEvent => ({ serviceId: wire.service_id, eventId: wire.event_id, payload: wire.payload }));

const addressed = [argument("service_id", id), argument("method_id", id), argument("payload", payload)] as const;

export const someIpContract = contract({
  name: "someip",
  label: "jumpstarter_driver_someip.client.SomeIpDriverClient",
  methods: {
    start: unary({ help: "Start the stack; everything else starts it too" }),
    rpc_call: unary({
      help: "Call a method and wait for its answer",
      arguments: [...addressed, argument("timeout", seconds)],
      result: message,
    }),
    send_message: unary({ help: "Send a message", arguments: addressed }),
    receive_message: unary({ help: "Receive a message", arguments: [argument("timeout", seconds)], result: message }),
    find_service: unary({
      help: "Look for the offers of a service",
      arguments: [argument("service_id", id), argument("instance_id", id), argument("timeout", seconds)],
      result: z.array(service),
    }),
    subscribe_eventgroup: unary({ help: "Subscribe to events", arguments: [argument("eventgroup_id", id)] }),
    unsubscribe_eventgroup: unary({ help: "End a subscription", arguments: [argument("eventgroup_id", id)] }),
    receive_event: unary({ help: "Receive an event", arguments: [argument("timeout", seconds)], result: event }),
    close_connection: unary({ help: "Stop the stack" }),
    reconnect: unary({ help: "Stop the stack and start it anew" }),
  },
});
