/**
 * Puts what the commands need into few files, so that they start without hundreds of look-ups: what is published beside
 * `dist`. `node bundle.ts [DIRECTORY]`, after `tsc -b`.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build, type Plugin } from "rolldown";

const here = import.meta.dirname;

export async function bundleCommands(directory = join(here, "bundle")): Promise<void> {
  const { output } = await build({
    input: {
      jmp: join(here, "dist", "jmp", "main.js"),
      j: join(here, "dist", "j", "main.js"),
      host: fileURLToPath(import.meta.resolve("@jumpstarter-ts/exporter/host-process")),
    },
    platform: "node",
    // Drivers bring zod with them: once is enough. The whole exporter is for jmp run, which is in no hurry.
    external: ["zod", "@jumpstarter-ts/exporter"],
    plugins: [ownHost],
    output: {
      dir: directory,
      format: "esm",
      entryFileNames: "[name]/main.js",
      chunkFileNames: "chunks/[name]-[hash].js",
    },
  });
  const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
  writeFileSync(join(directory, "THIRD-PARTY-NOTICES"), notices(modules));
}

/** The exporter's process is bundled too; it lies beside the chunks. */
const ownHost: Plugin = {
  name: "own-host",
  transform(code, id) {
    if (!id.endsWith("spawn-exporter.js")) return undefined;
    const resolved = 'import.meta.resolve("@jumpstarter-ts/exporter/host-process")';
    if (!code.includes(resolved)) throw new Error(`${id} no longer finds its program by ${resolved}: mend the bundle`);
    return code.replace(resolved, 'new URL("../host/main.js", import.meta.url).href');
  },
};

/** What others wrote is published with their names and terms. */
function notices(modules: readonly string[]): string {
  const directories = modules.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  const texts = [...new Set(directories)].toSorted().map((directory) => {
    const manifest: { readonly name: string; readonly version: string; readonly license?: string } = JSON.parse(
      readFileSync(join(directory, "package.json"), "utf8"),
    );
    const [file] = globSync("{LICENSE,LICENCE,License,license}*", { cwd: directory });
    if (file === undefined && manifest.license === undefined) throw new Error(`${manifest.name} states no licence`);
    const terms =
      file === undefined ? `License: ${manifest.license ?? ""}\n` : readFileSync(join(directory, file), "utf8");
    return `${manifest.name} ${manifest.version}\n\n${terms}`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

if (import.meta.main) await bundleCommands(process.argv[2]);
