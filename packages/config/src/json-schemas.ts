import { z } from "zod";

import { clientSchema } from "./client-schema.ts";
import { exporterSchema } from "./exporter-schema.ts";
import { userSchema } from "./user-schema.ts";

/** The JSON schemas that editors complete and check our files with, by file name: made from what checks them here. */
export function jsonSchemas(): Readonly<Record<string, object>> {
  return {
    "client-config.json": schemaOf(clientSchema),
    "exporter-config.json": schemaOf(exporterSchema),
    "user-config.json": schemaOf(userSchema),
  };
}

/** Draft 7 is what every editor understands. */
function schemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { target: "draft-7", io: "input" });
}
