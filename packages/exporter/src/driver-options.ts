import { suggestName, type ExporterConfig } from "@jumpstarter-ts/config";
import { describeIssue, JumpstarterError, type Schema } from "@jumpstarter-ts/core";

import { severities, type Severity } from "./log-queue.ts";

/** What every driver accepts beside its own options. */
export interface CommonOptions {
  readonly logLevel: Severity;
  readonly labels: Readonly<Record<string, string>>;
  readonly uuid: string | undefined;
}

const commonKeys = ["log_level", "labels", "uuid"] as const;
const uuidPattern = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Takes the common options out of an entry's `config`; the rest is for the driver's own strict schema. */
export function splitOptions(
  options: Readonly<Record<string, unknown>>,
  { config, path }: { readonly config: ExporterConfig; readonly path: readonly string[] },
): { readonly common: CommonOptions; readonly own: Readonly<Record<string, unknown>> } {
  const { log_level: level = "INFO", labels = {}, uuid, ...own } = options;
  const refuse = (key: string, remedy: string): never => {
    const at = [...path, "config", key];
    throw optionError(`${config.placeOf(at)}: ${at.join(".")} is ${JSON.stringify(options[key])}: ${remedy}`);
  };
  const logLevel =
    severities.find((severity) => severity === level) ?? refuse("log_level", `write one of ${severities.join(", ")}`);
  if (!isTexts(labels)) return refuse("labels", "write a map of names to texts");
  if (uuid !== undefined && !(typeof uuid === "string" && uuidPattern.test(uuid)))
    return refuse("uuid", "write a UUID");
  return { common: { logLevel, labels, uuid: uuid?.toLowerCase() }, own };
}

/** The sentence about options that a driver's schema refuses, with the place in the file; `undefined` if it does not. */
export async function describeOptions(
  schema: Schema,
  options: Readonly<Record<string, unknown>>,
  { config, path }: { readonly config: ExporterConfig; readonly path: readonly string[] },
): Promise<JumpstarterError | undefined> {
  const { issues } = await schema["~standard"].validate(options);
  // A name that is spelt wrong is why another one is missing.
  const issue = issues?.find((each) => unknownKeys(each).length > 0) ?? issues?.[0];
  if (issue === undefined) return undefined;
  const inner = (issue.path ?? []).map((step) => (typeof step === "object" ? step.key : step));
  const at = [...path, "config", ...inner];
  const name = at.map(String).join(".");
  const [key] = unknownKeys(issue);
  if (key !== undefined) {
    const known = inner.length === 0 ? [...ownKeys(schema), ...commonKeys] : [];
    const remedy = known.length > 0 ? `; ${suggestName(key, known)}` : "";
    return optionError(`${config.placeOfKey([...at, key])}: ${name} has the unknown option "${key}"${remedy}`);
  }
  const refusedName = badKey(issue);
  if (refusedName !== undefined)
    return optionError(`${config.placeOfKey(at)}: ${name} cannot have that name: ${refusedName}`);
  const seen = inner.reduce<unknown>((value, step) => Reflect.get(Object(value), step), options);
  const problem = seen === undefined ? "is missing" : `is ${shown(seen, inner)}`;
  return optionError(
    `${config.placeOf(at)}: ${name} ${problem}: ${lowered(describeIssue({ message: issue.message }))}`,
  );
}

function lowered(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
}

/** zod names the keys that a strict object does not know; other schemas may not. */
function unknownKeys(issue: object): readonly string[] {
  return "keys" in issue && Array.isArray(issue.keys) ? issue.keys.map(String) : [];
}

/** Why the key of a record is refused, which zod says inside its issue. */
function badKey(issue: object): string | undefined {
  if (!("code" in issue) || issue.code !== "invalid_key" || !("issues" in issue)) return undefined;
  const [first] = Array.isArray(issue.issues) ? issue.issues : [];
  const message: unknown = first === undefined ? undefined : Reflect.get(Object(first), "message");
  return typeof message === "string" ? lowered(message) : "it is refused";
}

const secretName = /password|passwd|passphrase|secret|token|credential|identity$|_key$/i;

/** A value of a configuration, which errors and logs may show. */
function shown(value: unknown, path: readonly PropertyKey[]): string {
  const hide = (key: string, inner: unknown): unknown => (secretName.test(key) ? "(not shown)" : inner);
  const isSecret = path.some((step) => secretName.test(String(step)));
  return isSecret ? `a secret of type ${typeof value}` : JSON.stringify(value, hide);
}

/** The keys of a zod object, also inside a default; for a remedy only, so an unknown library has none. */
function ownKeys(schema: object): readonly string[] {
  if ("shape" in schema && typeof schema.shape === "object" && schema.shape !== null) return Object.keys(schema.shape);
  const inner = "def" in schema ? Reflect.get(Object(schema.def), "innerType") : undefined;
  return typeof inner === "object" && inner !== null ? ownKeys(inner) : [];
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === "string");
}

function optionError(sentence: string): JumpstarterError {
  return new JumpstarterError(sentence, { code: "invalid-argument", reason: "DRIVER_OPTION_INVALID" });
}
