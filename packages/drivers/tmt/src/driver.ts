import { implement } from "@jumpstarter-ts/core";
import { z } from "zod";

import { tmt } from "./client.ts";

const options = z.strictObject({
  /** Resets the device hard; run by tmt, on the test author's machine. */
  reboot_cmd: z.string().default(""),
  /** Empty for none. */
  default_username: z.string().default(""),
  default_password: z.string().default(""),
});

/** What a lab says of a guest of tmt. Its ssh server is the child `ssh`; the tmt that runs is the client's. */
export const openTmt = implement(tmt, options, ({ reboot_cmd, default_username, default_password }) => ({
  get_reboot_cmd: () => reboot_cmd,
  get_default_user_pass: () => [default_username, default_password],
}));
