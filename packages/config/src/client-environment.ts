import { JumpstarterError } from "@jumpstarter-ts/core";

import { clientKeys, clientSchema } from "./client-schema.ts";
import { isTrue, splitGlobs, type Environment } from "./environment.ts";
import { suggestName } from "./nearest-name.ts";

type Values = Readonly<Record<string, unknown>>;

/** What the environment says of a client's configuration, in the shape of its file. */
export function clientEnvironment(env: Environment): Values {
  const values: Record<string, unknown> = {};
  for (const [section, name] of Object.entries(sections)) {
    const value = jsonSection(env, name, section);
    if (value !== undefined) values[section] = value;
  }
  const put = (section: string, key: string, value: unknown): void => {
    if (value !== undefined) values[section] = { ...Object(values[section]), [key]: value };
  };
  put("metadata", "name", textOf(env, "JMP_NAME"));
  put("metadata", "namespace", textOf(env, "JMP_NAMESPACE"));
  const allow = textOf(env, "JMP_DRIVERS_ALLOW");
  put("drivers", "allow", allow === undefined ? undefined : splitGlobs(allow));
  const unsafe = textOf(env, "JMP_DRIVERS_UNSAFE");
  put("drivers", "unsafe", unsafe === undefined ? undefined : isTrue(unsafe));
  put("leases", "retry_timeout", seconds(env, "JMP_RETRY_TIMEOUT"));
  put("leases", "dial_timeout", seconds(env, "JMP_DIAL_TIMEOUT"));
  for (const [key, name] of Object.entries(texts)) {
    const value = textOf(env, name);
    if (value !== undefined) values[key] = value;
  }
  return values;
}

/** The file's values, and the environment's where the file has none: at every depth. */
export function fillMissing(file: unknown, environment: unknown): unknown {
  if (file === undefined || file === null) return environment ?? file;
  if (!isRecord(file) || !isRecord(environment)) return file;
  const filled: Record<string, unknown> = { ...file };
  for (const [key, value] of Object.entries(environment)) filled[key] = fillMissing(filled[key], value);
  return filled;
}

const texts = { endpoint: "JMP_ENDPOINT", token: "JMP_TOKEN", refresh_token: "JMP_REFRESH_TOKEN" } as const;

const sections = {
  metadata: "JMP_METADATA",
  tls: "JMP_TLS",
  grpcOptions: "JMP_GRPCOPTIONS",
  drivers: "JMP_DRIVERS",
  shell: "JMP_SHELL",
  leases: "JMP_LEASES",
} as const;

function jsonSection(env: Environment, name: string, section: string): unknown {
  const text = textOf(env, name);
  if (text === undefined) return undefined;
  const example = section === "tls" ? '{"insecure": true}' : "a JSON object";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw variableError(`${name} is not JSON: write ${example}, or unset it`);
  }
  if (!isRecord(value)) throw variableError(`${name} is ${typeof value}, not a JSON object: write ${example}`);
  // Name and namespace may each come from elsewhere; what is missing then, the whole tells.
  if (section === "metadata") return value;
  const [issue] = clientSchema.safeParse({ ...placeholder, [section]: value }).error?.issues ?? [];
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    throw variableError(
      `${name} has the unknown key ${JSON.stringify(key)}; ${suggestName(key, clientKeys([section]))}`,
    );
  }
  if (issue === undefined) return value;
  throw variableError(`${name} is not valid at ${issue.path.slice(1).join(".") || "its top"}: ${issue.message}`);
}

const placeholder = { metadata: { name: "x", namespace: null } };

function seconds(env: Environment, name: string): number | undefined {
  const text = textOf(env, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw variableError(`${name} is ${JSON.stringify(text)}: write a number of seconds`);
}

function textOf(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === "" ? undefined : value;
}

function variableError(sentence: string): JumpstarterError {
  return new JumpstarterError(`the environment variable ${sentence}`, {
    code: "invalid-argument",
    reason: "VARIABLE_INVALID",
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
