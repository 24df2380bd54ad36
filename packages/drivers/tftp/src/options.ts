import { z } from "zod";

export const tftpServerOptions = z.strictObject({
  /** What is served; made where it is missing, relative to the configuration. */
  root_dir: z.string().min(1).default("/var/lib/tftpboot"),
  /** The address to listen on; empty for the machine's own. */
  host: z.string().nullable().default(""),
  /** 0 lets the operating system choose. */
  port: z.number().int().min(0).max(65_535).default(69),
  /** Removes, when the session ends, what clients and devices have put there. */
  remove_created_on_close: z.boolean().default(true),
  /** Lets devices write files, too. Not upstream's. */
  writable: z.boolean().default(false),
  /** The longest file that a device may write. Not upstream's. */
  max_upload_bytes: z
    .number()
    .int()
    .positive()
    .default(1024 ** 3),
  /** Transfers at a time; more are refused. Not upstream's. */
  max_transfers: z.number().int().positive().default(2048),
});
