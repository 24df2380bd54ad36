import type { Input, Option } from "../command.ts";
import { UsageError } from "../command.ts";
import type { Io } from "../io.ts";

export const logLevels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const;

export const logLevelOption: Option = {
  name: "log-level",
  value: "LEVEL",
  choices: logLevels,
  help: "Show log lines from this level on; INFO by default",
};

/** Which exporter of this machine. */
export const exporterOptions: readonly Option[] = [
  { name: "exporter", value: "ALIAS", help: "Alias of an exporter's configuration", complete: exporterAliases },
  { name: "exporter-config", value: "FILE", help: "File of an exporter's configuration", complete: "files" },
];

/** The file that the options name; undefined where they name none. */
export async function exporterFile(input: Input, io: Io): Promise<string | undefined> {
  const alias = input.text("exporter");
  const file = input.text("exporter-config");
  if (alias !== undefined && file !== undefined) {
    throw new UsageError(`${input.called} got both --exporter and --exporter-config: give one of them`);
  }
  if (alias === undefined) return file;
  const { findExporterFile } = await import("@jumpstarter-ts/config");
  return findExporterFile(alias, { cwd: io.cwd, env: io.env });
}

export async function exporterAliases({ cwd, env }: Io): Promise<readonly string[]> {
  const { listExporterFiles } = await import("@jumpstarter-ts/config");
  return [...listExporterFiles({ cwd, env }).keys()];
}

export async function clientAliases({ cwd, env }: Io): Promise<readonly string[]> {
  const { createConfigStore } = await import("@jumpstarter-ts/config");
  return (await createConfigStore({ cwd, env }).clients.list()).map(({ alias }) => alias);
}

/** Whether a line of an exporter's log, `INFO power: …`, is shown. */
export function isShown(line: string, level: string | undefined): boolean {
  const known: readonly string[] = logLevels;
  const at = known.indexOf(/^[A-Z]+/.exec(line)?.[0] ?? "");
  return at < 0 || at >= known.indexOf(level ?? "INFO");
}
