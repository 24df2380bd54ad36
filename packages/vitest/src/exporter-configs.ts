import { readdir } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";

import { loadExporterConfig, type ExporterConfig } from "@jumpstarter-ts/config";
import { JumpstarterError } from "@jumpstarter-ts/core";

/** Loads the exporter configurations that the patterns name, in the order of their paths. Each name must be unique. */
export async function loadExporterConfigs(
  patterns: readonly string[],
  root: string,
): Promise<readonly ExporterConfig[]> {
  const files = (await Promise.all(patterns.map((pattern) => filesOf(pattern, root)))).flat();
  const configs = await Promise.all([...new Set(files)].map((file) => loadExporterConfig(file)));
  if (configs.length === 0) {
    throw new JumpstarterError(
      `no exporter configuration matches ${patterns.join(", ")} in ${root}: write one, set JUMPSTARTER_HOST, or say where they are by jumpstarter({ exporters })`,
      { code: "not-found", reason: "NO_EXPORTERS" },
    );
  }
  for (const [index, { metadata, file }] of configs.entries()) {
    const other = configs.slice(0, index).find((config) => config.metadata.name === metadata.name);
    if (other !== undefined) {
      throw new JumpstarterError(
        `both ${other.file} and ${file} are named ${metadata.name}: give one another metadata.name`,
        {
          code: "invalid-argument",
          reason: "EXPORTER_NAME_TAKEN",
        },
      );
    }
  }
  return configs;
}

/** The directory of a pattern, for whoever watches it. */
export function directoryOf(pattern: string, root: string): string {
  return dirname(resolve(root, pattern));
}

async function filesOf(pattern: string, root: string): Promise<readonly string[]> {
  const path = resolve(root, pattern);
  const name = basename(path);
  if (!name.includes("*")) return [path];
  const directory = dirname(path);
  if (directory.includes("*")) {
    throw new JumpstarterError(`${pattern} has a * in its directory; it may stand in the name of the file only`, {
      code: "invalid-argument",
      reason: "OPTION_INVALID",
    });
  }
  const matches = new RegExp(`^${name.split("*").map(literal).join("[^/]*")}$`);
  const entries = await readdir(directory).catch(() => []);
  return entries
    .filter((entry) => matches.test(entry))
    .toSorted()
    .map((entry) => resolve(directory, entry));
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`);
}
