import { argument, contract, sink, source, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

export const flasherContract = contract({
  name: "flasher",
  label: "jumpstarter_driver_opendal.client.FlasherClient",
  otherLabels: ["jumpstarter.client.flasher.FlasherClient"],
  types: ["jumpstarter_driver_opendal.driver.MockFlasher"],
  methods: {
    flash: unary({
      help: "Write an image to the device",
      arguments: [source("source"), argument("target", z.string().nullish(), { help: "Which partition" })],
    }),
    dump: unary({
      help: "Read the device's content",
      arguments: [sink("target"), argument("partition", z.string().nullish())],
    }),
  },
});
