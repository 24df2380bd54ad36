import { argument, contract, streaming, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

import { analogPinNames, pinNames } from "./pins.ts";

const pin = argument("pin", z.enum(pinNames), { help: "D0 to D13, A0 to A5" });
const level = z.enum(["high", "low"]);

/** The pin headers of an Arduino Uno, from the bench's side. */
export const pinsContract = contract({
  name: "pins",
  label: "jumpstarter_driver_arduino.client.PinsClient",
  methods: {
    read: unary({ help: "Level of a pin", arguments: [pin], result: level }),
    mode: unary({
      help: "What the firmware made of a pin",
      arguments: [pin],
      result: z.enum(["output", "input", "input-pullup", "off"]),
    }),
    drive: unary({
      help: "Drive a pin from outside, or let go of it",
      arguments: [pin, argument("level", level.nullable(), { help: "high, low, or null to let go" })],
    }),
    set_voltage: unary({
      help: "Put a voltage on an analog pin",
      arguments: [argument("pin", z.enum(analogPinNames)), argument("volts", z.number().min(0).max(5))],
    }),
    wire: unary({
      help: "Put a jumper wire from one pin to another",
      arguments: [pin, argument("from", z.enum(pinNames).nullable(), { help: "null takes the wire off" })],
    }),
    watch: streaming({
      help: "Level of a pin, then every change",
      arguments: [pin],
      result: z.object({ level, at_ms: z.number().nullable() }),
    }),
    release: unary({ help: "Let go of all pins" }),
    reset: unary({ help: "Press the reset button" }),
  },
});
