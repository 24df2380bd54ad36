import { contract, unary } from "@jumpstarter-ts/core";
import { videoContract, videoStateSchema } from "@jumpstarter-ts/driver-video";
import { z } from "zod";

const sourceSchema = z.object({
  online: z.boolean(),
  desired_fps: z.number(),
  captured_fps: z.number(),
  resolution: z.object({ width: z.number(), height: z.number() }),
});

/** As µStreamer says it; a newer exporter adds what every camera tells. */
export const ustreamerStateSchema = videoStateSchema.partial().extend({
  ok: z.boolean(),
  result: z.object({
    encoder: z.object({ type: z.string(), quality: z.number() }),
    source: sourceSchema,
  }),
});

export const ustreamerContract = contract({
  name: "ustreamer",
  label: "jumpstarter_driver_ustreamer.client.UStreamerClient",
  methods: {
    snapshot: videoContract.methods.snapshot,
    state: unary({ help: "Tell the state of the camera and of µStreamer", result: ustreamerStateSchema }),
    stream_path: unary({
      help: "Tell the path of the moving picture on the camera's web server",
      result: z.string(),
      isOptional: true,
    }),
    connect: videoContract.methods.connect,
  },
});
