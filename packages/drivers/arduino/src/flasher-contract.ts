import { argument, contract, sink, source, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

const part = z.string().nullish();

/** Upstream's flasher: an image in, an image out. */
export const flasherContract = contract({
  name: "flasher",
  label: "jumpstarter_driver_opendal.client.FlasherClient",
  otherLabels: ["jumpstarter.client.flasher.FlasherClient"],
  methods: {
    flash: unary({
      help: "Write an image to the device",
      arguments: [source("source", { help: "the image" }), argument("target", part, { help: "which part to write" })],
    }),
    dump: unary({
      help: "Read the image back",
      arguments: [sink("target", { help: "where the image goes" }), argument("partition", part)],
    }),
  },
});
