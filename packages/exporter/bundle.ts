/**
 * Puts what the host process needs into few files, so that it starts without hundreds of look-ups. `node bundle.ts
 * [DIRECTORY]`, after `tsc -b`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "rolldown";

import { thirdPartyNotices } from "../../scripts/third-party-notices.ts";

const here = import.meta.dirname;

export async function bundleHost(directory = join(here, "bundle")): Promise<void> {
  const { output } = await build({
    input: {
      host: join(here, "dist", "host.js"),
      // Drivers use these with the host.
      core: "@jumpstarter-ts/core",
      encoding: "@jumpstarter-ts/encoding",
      zod: "zod",
    },
    cwd: here,
    platform: "node",
    // Native, or for hosts with TLS only.
    external: ["@homebridge/node-pty-prebuilt-multiarch", "@peculiar/x509", "reflect-metadata"],
    output: {
      dir: directory,
      format: "esm",
      cleanDir: true,
      entryFileNames: "[name].js",
      chunkFileNames: "chunks/[name]-[hash].js",
    },
  });
  const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
  writeFileSync(join(directory, "THIRD-PARTY-NOTICES"), thirdPartyNotices(modules));
}

if (import.meta.main) await bundleHost(process.argv[2]);
