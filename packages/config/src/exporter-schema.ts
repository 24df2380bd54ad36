import { z } from "zod";

import { grpcOptions, maybe, text, tls } from "./schema-parts.ts";

export interface RawInstance {
  readonly type?: string | undefined;
  readonly description?: string | undefined;
  readonly methods_description?: Readonly<Record<string, string>> | undefined;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  readonly children?: Readonly<Record<string, RawInstance>> | undefined;
  readonly ref?: string | undefined;
}

const instanceKeys = ["type", "description", "methods_description", "config", "children", "ref"] as const;

const driverInstance: z.ZodType<RawInstance> = z.lazy(() =>
  z
    .strictObject({
      type: maybe(text).describe("The driver: a package (@acme/relay, @acme/relay#usb), a file, or an upstream path."),
      description: maybe(z.string()).describe("What people read about the device."),
      methods_description: maybe(z.record(z.string(), z.string())).describe("Help for its commands, by name."),
      config: maybe(z.record(z.string(), z.unknown())).describe("The driver's options; log_level, labels, uuid."),
      children: maybe(z.record(text, driverInstance)).describe("The devices below this one, by name."),
      ref: maybe(text).describe("Another entry, dotted from the root, which this is a second name of."),
    } satisfies Record<(typeof instanceKeys)[number], z.ZodType>)
    .meta({ id: "device", title: "Device", description: "A driver, a group of devices, or a second name.", ...shapes }),
);

const absent = { type: "null" } as const;

/** What `exporter-config.ts` checks by hand, to say it better: the three shapes of an entry. */
const shapes = {
  anyOf: [
    {
      required: ["ref"],
      properties: {
        ref: { type: "string" },
        ...Object.fromEntries(instanceKeys.filter((key) => key !== "ref").map((key) => [key, absent])),
      },
    },
    { required: ["type"], properties: { type: { type: "string" }, ref: absent } },
    { properties: { type: absent, ref: absent, config: absent, methods_description: absent } },
  ],
};

const onFailure = maybe(z.enum(["warn", "endLease", "exit"])).describe(
  "warn: go on; endLease: give the lease back; exit: stop the exporter.",
);

const hook = z.strictObject({
  script: z.string().describe("Commands, or the path of a script. j talks to the exporter's own devices."),
  exec: maybe(text).describe("The interpreter. Default: /bin/sh; for a file what its name's ending asks for."),
  exec_: maybe(text),
  timeout: maybe(z.number().int().positive()).describe("Seconds until it is stopped: 120."),
  onFailure,
  on_failure: onFailure,
});

const beforeLease = maybe(hook).describe("Runs before a client gets the devices.");
const afterLease = maybe(hook).describe("Runs after a client has left.");
const hooks = z.strictObject({ beforeLease, before_lease: beforeLease, afterLease, after_lease: afterLease });

const count = maybe(z.number().int().nonnegative());
const failureDetection = z.strictObject({
  maxRapidFailures: count.describe("So many short lives in a row end the exporter: 5."),
  max_rapid_failures: count,
  rapidFailureWindow: count.describe("Seconds below which a life is short: 60."),
  rapid_failure_window: count,
});

export const exporterSchema = z
  .strictObject({
    apiVersion: maybe(z.literal("jumpstarter.dev/v1alpha1")).describe("The version of this format."),
    kind: maybe(z.enum(["ExporterConfig", "Exporter"])).describe("ExporterConfig; Exporter is the older word."),
    metadata: maybe(z.strictObject({ name: maybe(text), namespace: maybe(text) })).describe("Who the exporter is."),
    endpoint: maybe(text).describe("host:port of the lab's controller; not needed on one machine."),
    token: maybe(z.string()).describe("What the exporter proves itself with. Keep this file private."),
    tls: maybe(tls).describe("How the lab's certificate is checked."),
    grpcOptions: maybe(grpcOptions).describe("Options of gRPC channels, by their own names."),
    description: maybe(z.string()).describe("What people read about the exporter."),
    motd: maybe(z.string()).describe("What is printed to who gets the devices."),
    export: z.record(text, driverInstance).describe("The devices, by name."),
    hooks: maybe(hooks).describe("What is run around every lease."),
    failureDetection: maybe(failureDetection).describe("When an exporter that fails again and again gives up."),
    exitOnLeaseEnd: maybe(z.boolean()).describe("Stop after one lease."),
  })
  .meta({ title: "ExporterConfig", description: "The devices of a Jumpstarter exporter." });

export type RawExporter = z.output<typeof exporterSchema>;
export type RawHook = z.output<typeof hook>;

/** The keys that are known at a path: for the remedy in an error. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  const [section, part] = path;
  switch (section) {
    case undefined:
      return Object.keys(exporterSchema.shape);
    case "metadata":
      return ["name", "namespace"];
    case "tls":
      return ["ca", "insecure"];
    case "hooks":
      return part === undefined ? ["beforeLease", "afterLease"] : ["script", "exec", "timeout", "onFailure"];
    case "failureDetection":
      return ["maxRapidFailures", "rapidFailureWindow"];
    default:
      return instanceKeys;
  }
}
