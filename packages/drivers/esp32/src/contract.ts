import { contract, unary } from "@jumpstarter-ts/core";
import { serial } from "@jumpstarter-ts/driver-serial";
import { flasherContract } from "@jumpstarter-ts/driver-storage";
import { z } from "zod";

export const chipInfoSchema = z.object({ chip: z.string(), features: z.string(), mac: z.string() });

export const esp32Contract = contract({
  name: "esp32",
  label: "jumpstarter_driver_esp32.client.Esp32FlasherClient",
  methods: {
    ...flasherContract.methods,
    get_chip_info: unary({ help: "Tell which chip it is", result: chipInfoSchema }),
    erase: unary({ help: "Erase the whole flash" }),
    hard_reset: unary({ help: "Reset the chip into its firmware" }),
    enter_bootloader: unary({ help: "Reset the chip into its ROM loader" }),
  },
  children: { serial },
});
