import { z } from "zod";

const webUrl = z.url({ protocol: /^https?$/ }).refine((text) => !text.includes("#"), {
  error: "a camera is asked for no part of a page: leave out what follows #",
});

/** By upstream's names. */
export const httpVideoOptions = z.strictObject({
  /** The moving picture (MJPEG): `http://192.0.2.9:8080/stream`. */
  url: webUrl,
  /** A picture of this moment; without it the first one of the moving picture is taken. */
  snapshot_url: webUrl.nullish(),
});
