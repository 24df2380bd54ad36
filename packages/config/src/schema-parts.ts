import { z } from "zod";

export const text = z.string().min(1);

/** YAML's `key:` without a value reads as null, which upstream treats as absent. */
export function maybe<S extends z.ZodType>(schema: S): z.ZodType<z.output<S> | undefined> {
  return schema.nullish().transform((value) => value ?? undefined);
}

export const tls = z.strictObject({
  ca: maybe(z.string()).describe("base64 of the PEM to trust; PEM itself and the path of a PEM file are read too."),
  insecure: maybe(z.boolean()).describe("TLS without checking whom the certificate is from."),
});

export const grpcOptions = z.record(z.string(), z.union([z.string(), z.number().int()]));
