import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What others wrote is published with their names and terms: those of the packages that these files are of. */
export function thirdPartyNotices(modules: readonly string[]): string {
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
