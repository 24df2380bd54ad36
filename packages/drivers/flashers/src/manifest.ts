import { JumpstarterError, messageOf, validate } from "@jumpstarter-ts/core";
import { parse } from "yaml";
import { z } from "zod";

/** A bundle's description of the system that does the flashing. `object` says what becomes of keys that nobody knows. */
function schemaWith(object: typeof z.strictObject) {
  const file = object({ file: z.string(), address: z.string() });
  return object({
    apiVersion: z.literal("jumpstarter.dev/v1alpha1").default("jumpstarter.dev/v1alpha1"),
    kind: z.literal("FlashBundleManifest").default("FlashBundleManifest"),
    metadata: object({ name: z.string() }),
    spec: object({
      manufacturer: z.string(),
      link: z.string().nullish(),
      bootcmd: z.string(),
      shelltype: z.literal("busybox").default("busybox"),
      login: object({
        login_prompt: z.string(),
        username: z.string().nullish(),
        password: z.string().nullish(),
        prompt: z.string().min(1),
      }).default({ login_prompt: "login:", prompt: "#" }),
      default_target: z.string().nullish(),
      /** Device paths, or `/sys/class/block#address` for the block device at an address. */
      targets: z.record(z.string(), z.string()),
      kernel: file,
      initram: file.nullish(),
      dtb: object({
        default: z.string(),
        address: z.string(),
        variants: z.record(z.string(), object({ file: z.string().nullish(), bootcmd: z.string().nullish() })),
      }).nullish(),
      preflash_commands: z.array(z.string()).default([]),
    }),
  });
}

/** A client takes what a newer exporter adds. */
export const manifestSchema = schemaWith(z.object);
/** An exporter says which key it does not know: it is the one who could have a typing error in it. */
export const strictManifestSchema = schemaWith(z.strictObject);

export type FlasherManifest = z.infer<typeof manifestSchema>;

export async function parseManifest(text: string, path: string, schema = manifestSchema): Promise<FlasherManifest> {
  const what = `the manifest of the flasher bundle of ${path}`;
  return validate(schema, readYaml(text, what), what);
}

function readYaml(text: string, what: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new JumpstarterError(`${what} is no YAML: ${messageOf(cause)}`, {
      code: "invalid-argument",
      reason: "FLASHER_BUNDLE_INVALID",
      cause,
    });
  }
}
