import { argument, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

export const obdContract = contract({
  name: "obd",
  label: "jumpstarter_driver_obd.client.OBDClient",
  methods: {
    query: unary({
      help: "Ask the car for a value",
      arguments: [argument("command_name", z.string().min(1), { help: "As python-OBD names it: RPM" })],
      result: z.string().nullable(),
    }),
    clear_dtc: unary({ help: "Clear trouble codes and reset the readiness monitors" }),
    status: unary({
      help: "Tell how far the connection goes",
      result: z.enum(["Not Connected", "ELM Connected", "OBD Connected", "Car Connected"]),
    }),
    supported_commands: unary({ help: "Tell what the car can be asked for", result: z.array(z.string()) }),
    is_connected: unary({ help: "Tell whether the car answers", result: z.boolean() }),
  },
});
