import { contract, unary } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { z } from "zod";

export const vncContract = contract({
  name: "vnc",
  label: "jumpstarter_driver_vnc.client.VNClient",
  methods: {
    get_default_encrypt: unary({ help: "Tell whether a viewer should encrypt by default", result: z.boolean() }),
  },
  children: { tcp: network },
});
