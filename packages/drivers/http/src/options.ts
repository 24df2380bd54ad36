import { z } from "zod";

export const httpServerOptions = z.strictObject({
  /** What is served; made where it is missing, relative to the configuration. */
  root_dir: z.string().min(1).default("/var/www"),
  /** The address to listen on; null for the machine's own. */
  host: z.string().min(1).nullable().default(null),
  /** 0 lets the operating system choose. */
  port: z.number().int().min(0).max(65_535).default(8080),
  /** Seconds a connection may be idle before it is closed; 0 for as long as it likes. */
  timeout: z.number().int().min(0).max(86_400).default(600),
  /** Removes, when the session ends, what clients have put into the storage. */
  remove_created_on_close: z.boolean().default(true),
  /** Connections at a time; more are closed at once. Not upstream's. */
  max_connections: z.number().int().positive().default(1024),
});
