import { argument, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

import { isoTpAddressSchema } from "./isotp-address.ts";
import { base64, canMessageSchema } from "./message.ts";

const seconds = z.number().nonnegative();
const filterSchema = z.object({ can_id: z.int(), can_mask: z.int(), extended: z.boolean().optional() });

/** The names with an underscore are upstream's own on the wire. */
export const canContract = contract({
  name: "can",
  label: "jumpstarter_driver_can.client.CanClient",
  methods: {
    _recv_internal: unary({
      help: "Receive one message",
      arguments: [argument("timeout", seconds.optional(), { help: "Seconds; without it, until one comes" })],
      // The message, and whether the exporter has applied the filters to it.
      result: z.tuple([canMessageSchema.nullable(), z.boolean()]),
    }),
    send: unary({
      help: "Send one message",
      arguments: [argument("msg", canMessageSchema), argument("timeout", seconds.optional())],
    }),
    _send_periodic_internal: unary({
      help: "Send messages again and again",
      arguments: [
        argument("msgs", z.array(canMessageSchema).min(1)),
        argument("period", z.number().positive(), { help: "Seconds" }),
        argument("duration", seconds.optional(), { help: "Seconds; without it, until it is stopped" }),
        argument("autostart", z.boolean()),
      ],
      result: z.uuid(),
    }),
    _start_task: unary({ help: "Start a periodic task", arguments: [argument("uuid", z.uuid())] }),
    _stop_task: unary({ help: "Stop a periodic task and forget it", arguments: [argument("uuid", z.uuid())] }),
    state: unary({
      help: "Tell the state of the controller, or set it",
      arguments: [argument("value", z.literal([1, 2, 3]).optional())],
      result: z.literal([1, 2, 3]).nullable(),
    }),
    protocol: unary({ help: "Tell what the bus speaks", result: z.literal([1, 2, 3, 4]) }),
    channel_info: unary({ help: "Describe the channel", result: z.string() }),
    _apply_filters: unary({
      help: "Filter messages on the exporter",
      arguments: [argument("filters", z.array(filterSchema).optional())],
      isOptional: true,
    }),
    flush_tx_buffer: unary({ help: "Drop what waits to be sent", isOptional: true }),
    shutdown: unary({ help: "Close the bus; it stays closed for the rest of the lease" }),
  },
});

const isoTpMessage = z.object({ data: base64.nullable() });

export const isoTpContract = contract({
  name: "isotp",
  label: "jumpstarter_driver_can.client.IsoTpClient",
  methods: {
    start: unary({ help: "Start listening" }),
    stop: unary({ help: "Stop listening" }),
    send: unary({
      help: "Send a message",
      arguments: [
        argument("msg", isoTpMessage),
        argument("target_address_type", z.literal([0, 1]).optional()),
        argument("send_timeout", seconds.optional()),
      ],
    }),
    recv: unary({
      help: "Take a message that has been received",
      arguments: [argument("block", z.boolean()), argument("timeout", seconds.optional())],
      result: isoTpMessage,
    }),
    available: unary({ help: "Tell whether a message has been received", result: z.boolean(), isOptional: true }),
    transmitting: unary({ help: "Tell whether a message is being sent", result: z.boolean(), isOptional: true }),
    set_address: unary({
      help: "Set the addresses of both ends",
      arguments: [argument("address", isoTpAddressSchema)],
      isOptional: true,
    }),
    stop_sending: unary({ help: "Give up the message that is being sent", isOptional: true }),
    stop_receiving: unary({ help: "Give up the message that is being received", isOptional: true }),
  },
});
