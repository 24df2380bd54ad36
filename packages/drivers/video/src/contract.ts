import { byteStream, contract, unary } from "@jumpstarter-ts/core";
import { z } from "zod";

/** What is not known of a picture is null or left out. */
export const videoStateSchema = z.object({
  online: z.boolean(),
  width: z.number().nullish(),
  height: z.number().nullish(),
  fps: z.number().nullish(),
});

export const videoContract = contract({
  name: "video",
  label: "jumpstarter_driver_video.client.VideoClient",
  methods: {
    snapshot: unary({ help: "Take a picture: a JPEG in base64", result: z.base64() }),
    state: unary({ help: "Tell whether there is a picture, and of what size", result: videoStateSchema }),
    stream_path: unary({ help: "Tell the path of the moving picture on the camera's web server", result: z.string() }),
    connect: byteStream({ help: "A connection to the camera's web server" }),
  },
});
