import { contract, unary } from "@jumpstarter-ts/core";
import { flasherContract } from "@jumpstarter-ts/driver-storage";
import { z } from "zod";

export const stlinkMsdContract = contract({
  name: "stlink-msd",
  label: "jumpstarter_driver_stlink_msd.client.StlinkMsdFlasherClient",
  methods: {
    ...flasherContract.methods,
    info: unary({ help: "Read DETAILS.TXT of the board's volume", result: z.record(z.string(), z.string()) }),
  },
});
