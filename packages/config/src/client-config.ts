import { basename, dirname, resolve } from "node:path";

import { readCertificate } from "./certificate.ts";
import { clientEnvironment, fillMissing } from "./client-environment.ts";
import { clientKeys, clientSchema, type RawClient } from "./client-schema.ts";
import type { Environment } from "./environment.ts";
import { modeWarning } from "./file-mode.ts";
import { checkHead, checkSchema, invalid } from "./schema-check.ts";
import { createSecret, type Secret } from "./secret.ts";
import { parseYaml, readYamlText, type YamlFile } from "./yaml-file.ts";

/** A client's configuration, checked: who it is, which lab it uses, which drivers it may import. */
export interface ClientConfig {
  /** The file's name up to its first dot; absent for a configuration that is made of environment variables only. */
  readonly alias: string | undefined;
  readonly file: string | undefined;
  /** `namespace` must be written, but may be null, for a lab that has none. */
  readonly metadata: { readonly name: string; readonly namespace: string | undefined };
  /** `host:port`. */
  readonly endpoint: string | undefined;
  readonly token: Secret | undefined;
  readonly refreshToken: Secret | undefined;
  readonly tls: TlsConfig;
  readonly grpcOptions: Readonly<Record<string, string | number>>;
  readonly drivers: {
    /** Globs of the client labels that may be imported. */
    readonly allow: readonly string[];
    /** True as well where `UNSAFE` is among the globs. */
    readonly unsafe: boolean;
  };
  readonly shell: { readonly useProfiles: boolean };
  readonly leases: {
    readonly acquisitionTimeoutS: number;
    readonly dialTimeoutS: number;
    readonly retryTimeoutS: number;
  };
}

export interface TlsConfig {
  /** PEM; absent for the certificates that the system trusts. */
  readonly ca: string | undefined;
  /** TLS without checking whom the certificate is from. */
  readonly insecure: boolean;
}

/** What is written to a client's file: what is left out stays as it is, `null` removes it. */
export interface ClientConfigChanges {
  readonly metadata?: { readonly name: string; readonly namespace: string | null };
  readonly endpoint?: string | null;
  readonly token?: Secret | string | null;
  readonly refreshToken?: Secret | string | null;
  /** `ca`: PEM, or base64 of PEM; written as base64. */
  readonly tls?: { readonly ca?: string | null; readonly insecure?: boolean };
  readonly grpcOptions?: Readonly<Record<string, string | number>> | null;
  readonly drivers?: { readonly allow?: readonly string[]; readonly unsafe?: boolean };
  readonly shell?: { readonly useProfiles?: boolean };
  readonly leases?: { readonly acquisitionTimeoutS?: number; readonly retryTimeoutS?: number };
}

export interface ClientParseOptions {
  /** Fills what the file lacks. Default: the process's own. */
  readonly env?: Environment;
  /** Is told where others may read the token in the file. */
  readonly onWarning?: ((sentence: string) => void) | undefined;
}

/** Reads and checks a client's YAML file. Every error is one sentence with file, line, column and remedy. */
export async function loadClientConfig(file: string, options: ClientParseOptions = {}): Promise<ClientConfig> {
  const yaml = parseYaml(await readYamlText(file), file);
  const config = readClient(yaml, options.env);
  const warning = isTokenIn(yaml) ? await modeWarning(file) : undefined;
  if (warning !== undefined) options.onWarning?.(warning);
  return config;
}

export function parseClientConfig(
  text: string,
  { file, env }: { readonly file: string; readonly env?: Environment },
): ClientConfig {
  return readClient(parseYaml(text, file), env);
}

/** A configuration of environment variables only; `undefined` unless they name a client and its namespace. */
export function clientConfigFromEnvironment(env: Environment): ClientConfig | undefined {
  const values = clientEnvironment(env);
  const { name, namespace } = Object(values["metadata"]);
  if (typeof name !== "string" || typeof namespace !== "string") return undefined;
  const yaml: YamlFile = {
    file: "the environment",
    value: values,
    placeOf: () => "the environment",
    placeOfKey: () => "the environment",
  };
  const raw = checkSchema(yaml, clientSchema, { knownKeys: clientKeys });
  return toConfig(yaml, raw, { alias: undefined, file: undefined, env });
}

function readClient(yaml: YamlFile, env: Environment = process.env): ClientConfig {
  checkHead(yaml, {
    kinds: ["ClientConfig", "Client"],
    whose: "a client's",
    parts: '"kind: ClientConfig", "metadata" and "endpoint"',
  });
  const value = fillMissing(yaml.value, clientEnvironment(env));
  const raw = checkSchema(yaml, clientSchema, { knownKeys: clientKeys, value });
  return toConfig(yaml, raw, { alias: aliasOf(yaml.file), file: yaml.file, env });
}

function toConfig(
  yaml: YamlFile,
  raw: RawClient,
  { alias, file, env }: Pick<ClientConfig, "alias" | "file"> & { readonly env: Environment },
): ClientConfig {
  const { metadata, endpoint, token, refresh_token, tls, grpcOptions, drivers, shell, leases } = raw;
  const allow = drivers?.allow ?? [];
  // Both words ask for it whatever the file says: that is how upstream reads them.
  const isInsecure = env["JMP_GRPC_INSECURE"] === "1" || env["JUMPSTARTER_GRPC_INSECURE"] === "1";
  return {
    alias,
    file,
    metadata: { name: metadata.name, namespace: metadata.namespace ?? undefined },
    endpoint,
    token: secretOf(token),
    refreshToken: secretOf(refresh_token),
    tls: { ca: certificateOf(yaml, tls?.ca), insecure: isInsecure || (tls?.insecure ?? false) },
    grpcOptions: grpcOptions ?? {},
    drivers: { allow, unsafe: (drivers?.unsafe ?? false) || allow.includes("UNSAFE") },
    shell: { useProfiles: shell?.use_profiles ?? false },
    leases: {
      acquisitionTimeoutS: leases?.acquisition_timeout ?? 7200,
      dialTimeoutS: leases?.dial_timeout ?? 30,
      retryTimeoutS: leases?.retry_timeout ?? 300,
    },
  };
}

export function isTokenIn({ value }: YamlFile): boolean {
  const { token, refresh_token } = Object(value);
  return [token, refresh_token].some((text) => typeof text === "string" && text !== "");
}

/** An empty token is none. */
export function secretOf(text: string | undefined): Secret | undefined {
  return text === undefined || text === "" ? undefined : createSecret(text);
}

export function certificateOf(yaml: YamlFile, text: string | undefined): string | undefined {
  const ca = text === undefined ? undefined : readCertificate(text, dirname(resolve(yaml.file)));
  if (ca !== null) return ca;
  throw invalid(
    yaml.placeOf(["tls", "ca"]),
    "tls.ca is neither base64 of PEM, nor PEM, nor the path of a PEM file that can be read",
  );
}

function aliasOf(file: string): string {
  const [alias = ""] = basename(file).split(".", 1);
  return alias;
}
