import { z } from "zod";

const text = z.string().min(1);
/** YAML's `key:` without a value reads as null, which upstream treats as absent. */
function maybe<S extends z.ZodType>(schema: S): z.ZodType<z.output<S> | undefined> {
  return schema.nullish().transform((value) => value ?? undefined);
}

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
  z.strictObject({
    type: maybe(text),
    description: maybe(z.string()),
    methods_description: maybe(z.record(z.string(), z.string())),
    config: maybe(z.record(z.string(), z.unknown())),
    children: maybe(z.record(text, driverInstance)),
    ref: maybe(text),
  } satisfies Record<(typeof instanceKeys)[number], z.ZodType>),
);

const hook = z.strictObject({
  script: z.string(),
  exec: maybe(text),
  exec_: maybe(text),
  timeout: maybe(z.number().int().positive()),
  onFailure: maybe(z.enum(["warn", "endLease", "exit"])),
  on_failure: maybe(z.enum(["warn", "endLease", "exit"])),
});

const hooks = z.strictObject({
  beforeLease: maybe(hook),
  before_lease: maybe(hook),
  afterLease: maybe(hook),
  after_lease: maybe(hook),
});

const failureDetection = z.strictObject({
  maxRapidFailures: maybe(z.number().int().nonnegative()),
  max_rapid_failures: maybe(z.number().int().nonnegative()),
  rapidFailureWindow: maybe(z.number().int().nonnegative()),
  rapid_failure_window: maybe(z.number().int().nonnegative()),
});

export const exporterSchema = z.strictObject({
  apiVersion: maybe(z.string()),
  kind: maybe(z.string()),
  metadata: maybe(z.strictObject({ name: maybe(text), namespace: maybe(text) })),
  endpoint: maybe(text),
  token: maybe(z.string()),
  tls: maybe(z.strictObject({ ca: maybe(z.string()), insecure: maybe(z.boolean()) })),
  grpcOptions: maybe(z.record(z.string(), z.union([z.string(), z.number().int()]))),
  description: maybe(z.string()),
  motd: maybe(z.string()),
  export: z.record(text, driverInstance),
  hooks: maybe(hooks),
  failureDetection: maybe(failureDetection),
  exitOnLeaseEnd: maybe(z.boolean()),
});

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
