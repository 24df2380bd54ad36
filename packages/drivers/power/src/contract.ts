import { argument, contract, streaming, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

export const powerContract = contract({
  name: "power",
  label: "jumpstarter_driver_power.client.PowerClient",
  // What these switch can be switched as a rail, too: on and off are the same on the wire.
  otherLabels: [
    "jumpstarter_driver_power.client.VirtualPowerClient",
    "jumpstarter_driver_noyito_relay.client.NoyitoPowerClient",
    "jumpstarter_driver_snmp.client.SNMPServerClient",
    "jumpstarter_driver_ridesx.client.RideSXPowerClient",
  ],
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

export const virtualPowerContract = contract({
  name: "virtual-power",
  label: "jumpstarter_driver_power.client.VirtualPowerClient",
  methods: {
    ...powerContract.methods,
    off: unary({
      help: "Switch the power off",
      // A Python driver has no default for a null in this place, so false is always sent.
      arguments: [argument("destroy", z.boolean().default(false), { help: "Give up the virtual device too" })],
    }),
  },
});
