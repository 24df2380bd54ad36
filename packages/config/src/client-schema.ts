import { z } from "zod";

import { splitGlobs } from "./environment.ts";
import { grpcOptions, maybe, text, tls } from "./schema-parts.ts";

const shape = {
  apiVersion: maybe(z.literal("jumpstarter.dev/v1alpha1")).describe("The version of this format."),
  kind: maybe(z.enum(["ClientConfig", "Client"])).describe("ClientConfig; Client is the older word."),
  metadata: z
    .strictObject({
      name: text.describe("The client's name in the lab."),
      namespace: text.nullable().describe("Where the client is registered; null for a lab without namespaces."),
    })
    .describe("Who the client is."),
  endpoint: maybe(text).describe("host:port of the lab's controller."),
  token: maybe(z.string()).describe("What the client proves itself with. Keep this file private."),
  refresh_token: maybe(z.string()).describe("What a new token is fetched with."),
  tls: maybe(tls).describe("How the lab's certificate is checked."),
  grpcOptions: maybe(grpcOptions).describe("Options of gRPC channels, by their own names."),
  drivers: maybe(
    z.strictObject({
      allow: maybe(
        z.union([z.array(text), z.string()]).transform((allow) => (Array.isArray(allow) ? allow : splitGlobs(allow))),
      ).describe("Globs of the client labels that may be imported, or one comma-separated text. UNSAFE allows all."),
      unsafe: maybe(z.boolean()).describe("Import whatever an exporter names."),
    }),
  ).describe("Which drivers may be imported."),
  shell: maybe(
    z.strictObject({ use_profiles: maybe(z.boolean()).describe("Read the user's own start-up files.") }),
  ).describe("The shell that jmp shell starts."),
  leases: maybe(
    z.strictObject({
      acquisition_timeout: maybe(z.number().int().min(5)).describe("Seconds to wait for a lease: 7200."),
      dial_timeout: maybe(z.number().positive()).describe("Seconds to try to reach a leased exporter: 30."),
      retry_timeout: maybe(z.number().nonnegative()).describe("Seconds to retry an exporter that is gone: 300."),
    }),
  ).describe("How long to wait for what."),
} as const;

export const clientSchema = z
  .strictObject(shape)
  .meta({ title: "ClientConfig", description: "A client of a Jumpstarter lab." });

export type RawClient = z.output<typeof clientSchema>;

/** The keys that are known at a path: for the remedy in an error. */
export function clientKeys([section]: readonly PropertyKey[]): readonly string[] {
  return section === undefined ? Object.keys(shape) : (sections[String(section)] ?? []);
}

const sections: Readonly<Record<string, readonly string[]>> = {
  metadata: ["name", "namespace"],
  tls: ["ca", "insecure"],
  drivers: ["allow", "unsafe"],
  shell: ["use_profiles"],
  leases: ["acquisition_timeout", "dial_timeout", "retry_timeout"],
};
