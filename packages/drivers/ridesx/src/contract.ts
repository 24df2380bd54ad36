import { argument, contract, unary } from "@jumpstarter-ts/core";
import { serial } from "@jumpstarter-ts/driver-serial";
import { storage } from "@jumpstarter-ts/driver-storage";
import { z } from "zod";

import { boardPower } from "./board-power.ts";

const deviceId = argument("device_id", z.string().min(1), { help: "As fastboot lists it" });
const textByPartition = z.record(z.string(), z.string());

// A Python driver fails on a null where it has a default, so the defaults are sent.
export const rideSxContract = contract({
  name: "ridesx",
  label: "jumpstarter_driver_ridesx.client.RideSXClient",
  methods: {
    boot_to_fastboot: unary({ help: "Bring the board into fastboot" }),
    detect_fastboot_device: unary({
      help: "Look for a board in fastboot",
      arguments: [
        argument("max_attempts", z.int().positive().default(5)),
        argument("delay", z.number().nonnegative().default(2), { help: "Seconds between attempts" }),
      ],
      result: z.object({ status: z.string(), device_id: z.string().nullish() }),
    }),
    flash_with_fastboot: unary({
      help: "Write files of the storage into partitions, and start the board",
      arguments: [deviceId, argument("partitions", textByPartition, { help: "File names by partition" })],
    }),
    flash_oci_image: unary({
      help: "Write an image of a registry into the board",
      arguments: [
        argument("oci_url", z.string().startsWith("oci://")),
        argument("partitions", textByPartition.nullish(), { help: "File names of the image by partition" }),
        argument("oci_username", z.string().nullish()),
        argument("oci_password", z.string().nullish()),
      ],
      result: z.object({ status: z.string(), output: z.string() }),
    }),
    erase_partition: unary({
      help: "Erase a partition",
      arguments: [deviceId, argument("partition", z.string().min(1))],
      result: z.object({ status: z.string(), partition: z.string(), output: z.string() }),
    }),
  },
  // The power is optional, which a contract cannot say: the client does without it.
  children: { serial, storage, power: boardPower },
});

export const rideSxPowerContract = contract({
  name: "ridesx-power",
  label: "jumpstarter_driver_ridesx.client.RideSXPowerClient",
  methods: {
    on: unary({ help: "Switch the power on" }),
    off: unary({ help: "Switch the power off" }),
    cycle: unary({
      help: "Switch the power off and on again",
      arguments: [argument("delay", z.number().nonnegative().default(2), { help: "Seconds between off and on" })],
    }),
    rescue: unary({ help: "Bring the board into its rescue mode", isOptional: true }),
  },
  children: { serial },
});
