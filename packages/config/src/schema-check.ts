import { JumpstarterError } from "@jumpstarter-ts/core";
import type { z } from "zod";

import { suggestName } from "./nearest-name.ts";
import type { YamlFile } from "./yaml-file.ts";

export interface SchemaCheck {
  readonly knownKeys: (path: readonly PropertyKey[]) => readonly string[];
  /** What is checked, where it is not what the file holds: the file with the environment's words added. */
  readonly value?: unknown;
}

/** The file's value by the schema; throws one sentence about the first thing that is wrong, with its place. */
export function checkSchema<S extends z.ZodType>(yaml: YamlFile, schema: S, check: SchemaCheck): z.output<S> {
  const { knownKeys, value = yaml.value } = check;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw invalid(yaml.placeOf([]), "the configuration is not valid");
  const { path } = issue;
  const name = path.length === 0 ? "the configuration" : path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const remedy = suggestName(key, knownKeys(path));
    throw invalid(yaml.placeOfKey([...path, key]), `${name} has the unknown key ${JSON.stringify(key)}; ${remedy}`);
  }
  const seen = path.reduce<unknown>((inner, step) => Reflect.get(Object(inner), step), value);
  throw invalid(yaml.placeOf(path), `${name} ${problemOf(path, seen)}: ${lowerFirst(issue.message)}`);
}

export interface Head {
  /** The first is what is written today. */
  readonly kinds: readonly string[];
  /** "an exporter's". */
  readonly whose: string;
  /** What such a file has, for one that is no map. */
  readonly parts: string;
}

const apiVersion = "jumpstarter.dev/v1alpha1";

/** The kind and the version, which may both be left out. */
export function checkHead({ value, placeOf }: YamlFile, { kinds, whose, parts }: Head): Readonly<object> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(placeOf([]), `${whose} configuration is a map with ${parts}`);
  }
  if ("apiVersion" in value && value.apiVersion !== null && value.apiVersion !== apiVersion) {
    const seen = JSON.stringify(value.apiVersion);
    throw invalid(placeOf(["apiVersion"]), `apiVersion is ${seen}: write ${apiVersion}`, "CONFIG_KIND");
  }
  const kind = "kind" in value ? value.kind : null;
  if (kind !== null && !kinds.some((known) => known === kind)) {
    const seen = JSON.stringify(kind);
    throw invalid(placeOf(["kind"]), `kind is ${seen}, but ${whose} is ${kinds[0] ?? ""}`, "CONFIG_KIND");
  }
  return value;
}

export function invalid(place: string, sentence: string, reason = "CONFIG_INVALID"): JumpstarterError {
  return new JumpstarterError(`${place}: ${sentence}`, { code: "invalid-argument", reason });
}

/** What was seen, except where it may be a token that somebody forgot to quote. */
function problemOf(path: readonly PropertyKey[], seen: unknown): string {
  if (seen === undefined) return "is missing";
  const isSecret = path.some((step) => step === "token" || step === "refresh_token");
  return isSecret ? `is a secret of type ${typeof seen}` : `is ${JSON.stringify(seen)}`;
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
