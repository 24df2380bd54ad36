import { argument, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

/** 1 is active, which is the low level for a line that is active low. */
const readPin = unary({ help: "Tell the line's state", result: z.union([z.literal(0), z.literal(1)]) });
/** Seconds; a Python driver waits without an end for null. */
const timeout = argument("timeout", z.number().nonnegative().nullish(), { help: "Seconds" });

export const digitalOutputContract = contract({
  name: "digital-output",
  label: "jumpstarter_driver_gpiod.client.DigitalOutputClient",
  methods: {
    on: unary({ help: "Make the line active" }),
    off: unary({ help: "Make the line inactive" }),
    read_pin: readPin,
  },
});

export const digitalInputContract = contract({
  name: "digital-input",
  label: "jumpstarter_driver_gpiod.client.DigitalInputClient",
  methods: {
    read_pin: readPin,
    wait_for_active: unary({ help: "Wait until the line is active", arguments: [timeout] }),
    wait_for_inactive: unary({ help: "Wait until the line is inactive", arguments: [timeout] }),
    wait_for_edge: unary({
      help: "Wait until the line changes",
      arguments: [argument("edge_type", z.enum(["rising", "falling"])), timeout],
    }),
  },
});
