import { contract, unary } from "@jumpstarter-ts/core";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { z } from "zod";

export const ubootContract = contract({
  name: "uboot",
  label: "jumpstarter_driver_uboot.client.UbootConsoleClient",
  methods: {
    get_prompt: unary({ help: "Tell U-Boot's prompt, with the line feed before it", result: z.string().min(1) }),
  },
  children: { power, serial },
});
