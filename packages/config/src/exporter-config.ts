import { basename, dirname, resolve } from "node:path";

import { JumpstarterError } from "@jumpstarter-ts/core";
import type { z } from "zod";

import { exporterSchema, knownKeys, type RawExporter, type RawHook, type RawInstance } from "./exporter-schema.ts";
import { suggestName } from "./nearest-name.ts";
import { parseYaml, readYamlText, type YamlFile, type YamlPath } from "./yaml-file.ts";

/** An exporter's configuration file, checked. */
export interface ExporterConfig {
  /** As it was named: for errors. */
  readonly file: string;
  /** Absolute; what relative paths in the file start from. */
  readonly baseDirectory: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly endpoint: string | undefined;
  readonly token: string | undefined;
  readonly tls: { readonly ca: string; readonly insecure: boolean };
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
  /** Where `JMP_NAME` and `JMP_NAMESPACE` are looked up for a file without metadata. Default: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Reads and checks an exporter's YAML file. Every error is one sentence with file, line, column and remedy. */
export async function loadExporterConfig(
  path: string,
  options: Omit<ParseOptions, "file"> = {},
): Promise<ExporterConfig> {
  return parseExporterConfig(await readYamlText(path), { ...options, file: path });
}

export function parseExporterConfig(text: string, { file, env = process.env }: ParseOptions): ExporterConfig {
  const yaml = parseYaml(text, file);
  checkHead(yaml);
  const parsed = exporterSchema.safeParse(yaml.value);
  if (!parsed.success) throw schemaError(yaml, parsed.error.issues);
  const raw = parsed.data;
  return {
    file,
    baseDirectory: dirname(resolve(file)),
    metadata: {
      name: raw.metadata?.name ?? env["JMP_NAME"] ?? basename(file).replace(/\.ya?ml$/, ""),
      namespace: raw.metadata?.namespace ?? env["JMP_NAMESPACE"] ?? "default",
    },
    endpoint: raw.endpoint,
    token: raw.token,
    tls: { ca: raw.tls?.ca ?? "", insecure: raw.tls?.insecure ?? false },
    grpcOptions: raw.grpcOptions ?? {},
    description: raw.description,
    motd: raw.motd,
    export: instances(yaml, ["export"], raw.export),
    ...lifecycle(raw),
    placeOf: yaml.placeOf,
    placeOfKey: yaml.placeOfKey,
  };
}

const apiVersion = "jumpstarter.dev/v1alpha1";

function checkHead(yaml: YamlFile): void {
  const { value } = yaml;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(yaml.placeOf([]), `an exporter's configuration is a map with "kind: ExporterConfig" and "export"`);
  }
  if ("apiVersion" in value && value.apiVersion !== null && value.apiVersion !== apiVersion) {
    const seen = JSON.stringify(value.apiVersion);
    throw invalid(yaml.placeOf(["apiVersion"]), `apiVersion is ${seen}: write ${apiVersion}`, "CONFIG_KIND");
  }
  const kind = "kind" in value ? value.kind : null;
  if (kind !== null && kind !== "ExporterConfig" && kind !== "Exporter") {
    const seen = JSON.stringify(kind);
    throw invalid(yaml.placeOf(["kind"]), `kind is ${seen}, but an exporter's is ExporterConfig`, "CONFIG_KIND");
  }
  if (!("export" in value)) {
    throw invalid(yaml.placeOf([]), `"export" is missing: list the devices under it by name, each with its "type"`);
  }
}

function schemaError(yaml: YamlFile, issues: readonly z.core.$ZodIssue[]): JumpstarterError {
  const [issue] = issues;
  if (issue === undefined) return invalid(yaml.placeOf([]), "the configuration is not valid");
  const { path } = issue;
  const name = path.length === 0 ? "the configuration" : path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const remedy = suggestName(key, knownKeys(path));
    return invalid(yaml.placeOfKey([...path, key]), `${name} has the unknown key ${JSON.stringify(key)}; ${remedy}`);
  }
  const seen = path.reduce<unknown>((value, step) => Reflect.get(Object(value), step), yaml.value);
  const problem = seen === undefined ? "is missing" : `is ${JSON.stringify(seen)}`;
  return invalid(yaml.placeOf(path), `${name} ${problem}: ${lowerFirst(issue.message)}`);
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

function invalid(place: string, sentence: string, reason = "CONFIG_INVALID"): JumpstarterError {
  return new JumpstarterError(`${place}: ${sentence}`, { code: "invalid-argument", reason });
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
