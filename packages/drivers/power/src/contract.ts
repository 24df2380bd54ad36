import { contract, streaming, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

export const powerContract = contract({
  name: "power",
  label: "jumpstarter_driver_power.client.PowerClient",
  types: ["jumpstarter_driver_power.driver.MockPower", "jumpstarter_driver_power.driver.SyncMockPower"],
  methods: {
    on: unary({ help: "Switch the power on" }),
    off: unary({ help: "Switch the power off" }),
    read: streaming({
      help: "Measure voltage and current",
      result: z.object({ voltage: z.number(), current: z.number() }),
    }),
    rescue: unary({ help: "Bring the device into its rescue mode", isOptional: true }),
  },
});
