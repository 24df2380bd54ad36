/** Our exporter in this process, serving drivers under the upstream names that Python clients know. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { parseExporterConfig } from "@jumpstarter-ts/config";
import { startExporter, type RunningExporter, type StartExporterOptions } from "@jumpstarter-ts/exporter";

const directory = dirname(fileURLToPath(import.meta.url));

/** Starts an exporter with the `export:` section given as YAML, indented as at the top level. */
export async function startOurs(
  exportYaml: string,
  options: Pick<StartExporterOptions, "listen" | "log"> = {},
): Promise<RunningExporter> {
  const head =
    "apiVersion: jumpstarter.dev/v1alpha1\nkind: ExporterConfig\nmetadata: { namespace: default, name: ours }\n";
  const config = parseExporterConfig(`${head}${exportYaml}`, { file: `${directory}/ours.yaml` });
  return startExporter({ config, ...options });
}
