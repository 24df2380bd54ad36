import { contract, unary } from "@jumpstarter-ts/core";
import { flasherContract } from "@jumpstarter-ts/driver-storage";
import { z } from "zod";

export const piPicoContract = contract({
  name: "pi-pico",
  label: "jumpstarter_driver_pi_pico.client.PiPicoClient",
  methods: {
    ...flasherContract.methods,
    enter_bootloader: unary({ help: "Bring the board into its BOOTSEL mode" }),
    bootloader_info: unary({
      help: "Read INFO_UF2.TXT of the BOOTSEL volume",
      result: z.record(z.string(), z.string()),
    }),
  },
});
