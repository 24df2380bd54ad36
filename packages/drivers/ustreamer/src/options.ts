import { z } from "zod";

/** A switch that a driver sets by itself cannot be set. */
const argument = z.string().regex(/^(?!(?:unix|unix-rm|host|port|exit-on-parent-death)$)[a-z][a-z0-9-]*$/, {
  error: "one of µStreamer's long options without its dashes, and none that says where it listens",
});

/** By upstream's names. */
export const ustreamerOptions = z
  .strictObject({
    /** µStreamer's program; without a slash it is looked for on the PATH. */
    executable: z.string().min(1).default("ustreamer"),
    /** `resolution: 1280x720` becomes `--resolution 1280x720`, and `persistent: true` becomes `--persistent`. */
    args: z.record(argument, z.union([z.string(), z.number(), z.literal(true)])).default({}),
  })
  .prefault({});
