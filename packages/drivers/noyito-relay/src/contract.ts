import { contract, unary } from "@jumpstarter-ts/core";
import { powerContract } from "@jumpstarter-ts/driver-power";
import { z } from "zod";

export const relayStatusSchema = z.enum(["on", "off", "partial"]);

export const noyitoRelayContract = contract({
  name: "noyito-relay",
  label: "jumpstarter_driver_noyito_relay.client.NoyitoPowerClient",
  methods: {
    ...powerContract.methods,
    status: unary({ help: "Ask the board for the state of its relays", result: relayStatusSchema }),
  },
});
