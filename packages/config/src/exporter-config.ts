import { basename, dirname, resolve } from "node:path";

import { certificateOf, isTokenIn, secretOf, type TlsConfig } from "./client-config.ts";
import type { Environment } from "./environment.ts";
import { exporterSchema, knownKeys, type RawExporter, type RawHook, type RawInstance } from "./exporter-schema.ts";
import { modeWarning } from "./file-mode.ts";
import { checkHead, checkSchema, invalid } from "./schema-check.ts";
import type { Secret } from "./secret.ts";
import { parseYaml, readYamlText, type YamlFile, type YamlPath } from "./yaml-file.ts";

/** An exporter's configuration file, checked. */
export interface ExporterConfig {
  /** As it was named: for errors. */
  readonly file: string;
  /** Absolute; what relative paths in the file start from. */
  readonly baseDirectory: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly endpoint: string | undefined;
  readonly token: Secret | undefined;
  readonly tls: TlsConfig;
  readonly grpcOptions: Readonly<Record<string, string | number>>;
  readonly description: string | undefined;
  readonly motd: string | undefined;
  readonly export: DriverInstances;
  readonly hooks: { readonly beforeLease: HookConfig | undefined; readonly afterLease: HookConfig | undefined };
  readonly failureDetection: { readonly maxRapidFailures: number; readonly rapidFailureWindowS: number };
  readonly exitOnLeaseEnd: boolean;
  /** `bench.yaml:4:7`, for an error about the value at a path: `["export", "power", "config"]`. */
  readonly placeOf: (path: YamlPath) => string;
  /** The same for the key itself. */
  readonly placeOfKey: (path: YamlPath) => string;
}

/** The entries of `export` or of `children`, by name, in the order of the file. */
export type DriverInstances = Readonly<Record<string, DriverInstance>>;

/** One entry: a driver, a group of entries, or a second name for another entry. */
export type DriverInstance =
  | {
      readonly kind: "driver";
      readonly type: string;
      readonly description: string | undefined;
      readonly methodsDescription: Readonly<Record<string, string>>;
      readonly config: Readonly<Record<string, unknown>>;
      readonly children: DriverInstances;
    }
  | { readonly kind: "group"; readonly description: string | undefined; readonly children: DriverInstances }
  /** Dotted from the root: `grp.inner`. */
  | { readonly kind: "ref"; readonly ref: string };

export interface HookConfig {
  readonly script: string;
  readonly exec: string | undefined;
  readonly timeoutS: number;
  readonly onFailure: "warn" | "endLease" | "exit";
}

export interface ParseOptions {
  /** Names the text in errors; relative paths in it start from this file's directory. */
  readonly file: string;
  /**
   * Where `JMP_NAME`, `JMP_NAMESPACE`, `JMP_ENDPOINT` and `JMP_TOKEN` are looked up for a file that lacks them. Default:
   * the process's own.
   */
  readonly env?: Environment;
  /** Is told where others may read the token in the file. */
  readonly onWarning?: (sentence: string) => void;
}

/** Reads and checks an exporter's YAML file. Every error is one sentence with file, line, column and remedy. */
export async function loadExporterConfig(
  path: string,
  options: Omit<ParseOptions, "file"> = {},
): Promise<ExporterConfig> {
  const yaml = parseYaml(await readYamlText(path), path);
  const config = readExporter(yaml, options.env);
  const warning = isTokenIn(yaml) ? await modeWarning(path) : undefined;
  if (warning !== undefined) options.onWarning?.(warning);
  return config;
}

export function parseExporterConfig(text: string, { file, env }: ParseOptions): ExporterConfig {
  return readExporter(parseYaml(text, file), env);
}

function readExporter(yaml: YamlFile, env: Environment = process.env): ExporterConfig {
  const { file } = yaml;
  checkExporterHead(yaml);
  const raw = checkSchema(yaml, exporterSchema, { knownKeys });
  return {
    file,
    baseDirectory: dirname(resolve(file)),
    metadata: {
      name: raw.metadata?.name ?? env["JMP_NAME"] ?? basename(file).replace(/\.ya?ml$/, ""),
      namespace: raw.metadata?.namespace ?? env["JMP_NAMESPACE"] ?? "default",
    },
    endpoint: raw.endpoint ?? nonEmpty(env["JMP_ENDPOINT"]),
    token: secretOf(raw.token ?? env["JMP_TOKEN"]),
    tls: { ca: certificateOf(yaml, raw.tls?.ca), insecure: isInsecure(env) || (raw.tls?.insecure ?? false) },
    grpcOptions: raw.grpcOptions ?? {},
    description: raw.description,
    motd: raw.motd,
    export: instances(yaml, ["export"], raw.export),
    ...lifecycle(raw),
    placeOf: yaml.placeOf,
    placeOfKey: yaml.placeOfKey,
  };
}

function checkExporterHead(yaml: YamlFile): void {
  const value = checkHead(yaml, {
    kinds: ["ExporterConfig", "Exporter"],
    whose: "an exporter's",
    parts: '"kind: ExporterConfig" and "export"',
  });
  if ("export" in value) return;
  throw invalid(yaml.placeOf([]), `"export" is missing: list the devices under it by name, each with its "type"`);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** Both words ask for it whatever the file says: that is how upstream reads them. */
function isInsecure(env: Environment): boolean {
  return env["JMP_GRPC_INSECURE"] === "1" || env["JUMPSTARTER_GRPC_INSECURE"] === "1";
}

function instances(
  yaml: YamlFile,
  path: readonly string[],
  raw: Readonly<Record<string, RawInstance>> | undefined,
): DriverInstances {
  const entries = Object.entries(raw ?? {}).map(([name, entry]) => [name, instance(yaml, [...path, name], entry)]);
  // Object.fromEntries forgets the type of its values.
  return Object.fromEntries(entries) as DriverInstances;
}

function instance(yaml: YamlFile, path: readonly string[], raw: RawInstance): DriverInstance {
  const given = Object.entries(raw)
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key);
  const refuse = (shape: string, allowed: readonly string[]): void => {
    const odd = given.find((key) => !allowed.includes(key));
    if (odd === undefined) return;
    const remedy = shape === "ref" ? `an entry with "ref" has nothing else` : `give it a "type" or remove it`;
    throw invalid(
      yaml.placeOfKey([...path, odd]),
      `${path.join(".")} has "${odd}" ${shape === "ref" ? 'beside "ref"' : 'but no "type"'}; ${remedy}`,
    );
  };
  if (raw.ref !== undefined) {
    refuse("ref", ["ref"]);
    return { kind: "ref", ref: raw.ref };
  }
  const children = instances(yaml, [...path, "children"], raw.children);
  if (raw.type === undefined) {
    refuse("group", ["children", "description"]);
    return { kind: "group", description: raw.description, children };
  }
  return {
    kind: "driver",
    type: raw.type,
    description: raw.description,
    methodsDescription: raw.methods_description ?? {},
    config: raw.config ?? {},
    children,
  };
}

function lifecycle({
  hooks,
  failureDetection,
  exitOnLeaseEnd,
}: RawExporter): Pick<ExporterConfig, "hooks" | "failureDetection" | "exitOnLeaseEnd"> {
  return {
    hooks: {
      beforeLease: hookConfig(hooks?.beforeLease ?? hooks?.before_lease),
      afterLease: hookConfig(hooks?.afterLease ?? hooks?.after_lease),
    },
    failureDetection: {
      maxRapidFailures: failureDetection?.maxRapidFailures ?? failureDetection?.max_rapid_failures ?? 5,
      rapidFailureWindowS: failureDetection?.rapidFailureWindow ?? failureDetection?.rapid_failure_window ?? 60,
    },
    exitOnLeaseEnd: exitOnLeaseEnd ?? false,
  };
}

function hookConfig(raw: RawHook | undefined): HookConfig | undefined {
  if (raw === undefined || raw.script === "") return undefined;
  return {
    script: raw.script,
    exec: raw.exec ?? raw.exec_,
    timeoutS: raw.timeout ?? 120,
    onFailure: raw.onFailure ?? raw.on_failure ?? "warn",
  };
}
