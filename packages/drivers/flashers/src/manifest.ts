import { validate } from "@jumpstarter-ts/core";
import { parse } from "yaml";
import { z } from "zod";

const fileSchema = z.object({ file: z.string(), address: z.string() });

/** A bundle's description of the system that does the flashing. */
export const manifestSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    manufacturer: z.string(),
    link: z.string().nullish(),
    bootcmd: z.string(),
    shelltype: z.literal("busybox").default("busybox"),
    login: z
      .object({
        login_prompt: z.string(),
        username: z.string().nullish(),
        password: z.string().nullish(),
        prompt: z.string().min(1),
      })
      .default({ login_prompt: "login:", prompt: "#" }),
    default_target: z.string().nullish(),
    /** Device paths, or `/sys/class/block#address` for the block device at an address. */
    targets: z.record(z.string(), z.string()),
    kernel: fileSchema,
    initram: fileSchema.nullish(),
    dtb: z
      .object({
        default: z.string(),
        address: z.string(),
        variants: z.record(z.string(), z.object({ file: z.string().nullish(), bootcmd: z.string().nullish() })),
      })
      .nullish(),
    preflash_commands: z.array(z.string()).default([]),
  }),
});

export type FlasherManifest = z.infer<typeof manifestSchema>;

export async function parseManifest(text: string, path: string): Promise<FlasherManifest> {
  return validate(manifestSchema, parse(text), `the manifest of the flasher bundle of ${path}`);
}
