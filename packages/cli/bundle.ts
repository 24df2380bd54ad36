/**
 * Puts what the commands need into few files, so that they start without hundreds of look-ups: what is published beside
 * `dist`. `node bundle.ts [DIRECTORY]`, after `tsc -b`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "rolldown";

import { thirdPartyNotices } from "../../scripts/third-party-notices.ts";

const here = import.meta.dirname;

export async function bundleCommands(directory = join(here, "bundle")): Promise<void> {
  const { output } = await build({
    input: {
      jmp: join(here, "dist", "jmp", "main.js"),
      j: join(here, "dist", "j", "main.js"),
    },
    platform: "node",
    // Drivers bring zod with them: once is enough. The whole exporter is for jmp run, which is in no hurry.
    external: ["zod", "@jumpstarter-ts/exporter"],
    output: {
      dir: directory,
      format: "esm",
      entryFileNames: "[name]/main.js",
      chunkFileNames: "chunks/[name]-[hash].js",
    },
  });
  const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
  writeFileSync(join(directory, "THIRD-PARTY-NOTICES"), thirdPartyNotices(modules));
}

if (import.meta.main) await bundleCommands(process.argv[2]);
