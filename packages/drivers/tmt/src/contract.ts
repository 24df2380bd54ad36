import { contract, unary } from "@jumpstarter-ts/core";
import { network } from "@jumpstarter-ts/driver-network";
import { z } from "zod";

export const tmtContract = contract({
  name: "tmt",
  label: "jumpstarter_driver_tmt.client.TMTClient",
  methods: {
    get_reboot_cmd: unary({ help: "Tell the command that resets the device; empty for none", result: z.string() }),
    get_default_user_pass: unary({
      help: "Tell the user and the password to log in with; empty for none",
      result: z.tuple([z.string(), z.string()]),
    }),
  },
  /** The device's ssh server, as a connection. */
  children: { ssh: network },
});
