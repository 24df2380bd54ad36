import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { JumpstarterError } from "@jumpstarter-ts/core";

import { configDirectory, looksLikePath } from "./config-directory.ts";

export interface ExporterFileOptions {
  /** What a relative path starts from. Default: the working directory. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string | undefined;
  /** Read after the user's own directory. Default: `/etc/jumpstarter/exporters`. */
  readonly systemDirectory?: string;
}

/**
 * The file of an exporter: what looks like a path (a separator, or `.yaml`) is one; anything else is an alias, looked
 * up in the user's directory and then in `/etc`.
 */
export function findExporterFile(pathOrAlias: string, options: ExporterFileOptions = {}): string {
  const { cwd = process.cwd() } = options;
  if (looksLikePath(pathOrAlias)) return resolve(cwd, pathOrAlias);
  const candidates = exporterDirectories(options).map((directory) => join(directory, `${pathOrAlias}.yaml`));
  const found = pathOrAlias === "." || pathOrAlias === ".." ? undefined : candidates.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new JumpstarterError(
    `there is no exporter ${JSON.stringify(pathOrAlias)}: neither ${candidates.join(" nor ")} exists`,
    { code: "not-found", reason: "EXPORTER_NOT_FOUND" },
  );
}

/** The exporters that can be named by alias. One in the user's directory hides one of the same name in `/etc`. */
export function listExporterFiles(options: ExporterFileOptions = {}): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const directory of exporterDirectories(options)) {
    if (!existsSync(directory)) continue;
    for (const name of readdirSync(directory).toSorted()) {
      const alias = name.replace(/\.yaml$/, "");
      if (alias !== name && !files.has(alias)) files.set(alias, join(directory, name));
    }
  }
  return files;
}

function exporterDirectories({
  env = process.env,
  home,
  systemDirectory = "/etc/jumpstarter/exporters",
}: ExporterFileOptions): readonly string[] {
  return [join(configDirectory({ env, home }), "exporters"), systemDirectory];
}
