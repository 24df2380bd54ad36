import { argument, contract, unary } from "@jumpstarter-ts/core";
import { adb } from "@jumpstarter-ts/driver-adb";
import { power } from "@jumpstarter-ts/driver-power";
import { z } from "zod";

export const androidEmulatorContract = contract({
  name: "android-emulator",
  label: "jumpstarter_driver_androidemulator.client.AndroidEmulatorClient",
  methods: {
    set_headless: unary({
      help: "Start without a window, or with one, from the next start on",
      arguments: [argument("headless", z.boolean())],
    }),
  },
  children: { adb, power },
});
