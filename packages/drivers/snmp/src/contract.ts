import { contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

export const snmpContract = contract({
  name: "snmp",
  label: "jumpstarter_driver_snmp.client.SNMPServerClient",
  methods: {
    on: unary({ help: "Switch the outlet on", result: z.string() }),
    off: unary({ help: "Switch the outlet off", result: z.string() }),
  },
});
