import { z } from "zod";

/** By upstream's names. */
export const ubootOptions = z
  .strictObject({
    /** What U-Boot shows when it waits for a command, with the line feed before it. */
    prompt: z.string().min(1).default("\n=>"),
  })
  .prefault({});
