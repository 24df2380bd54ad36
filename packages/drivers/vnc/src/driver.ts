import { implement } from "@jumpstarter-ts/core";
import { z } from "zod";

import { vnc } from "./client.ts";

const options = z.strictObject({
  /** Whether a web viewer should encrypt unless it is told otherwise. */
  default_encrypt: z.boolean().default(false),
});

/** A screen behind a VNC server. The connection to the server is the child `tcp`. */
export const openVnc = implement(vnc, options, ({ default_encrypt }) => ({
  get_default_encrypt: () => default_encrypt,
}));
