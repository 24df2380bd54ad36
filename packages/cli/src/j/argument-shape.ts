import type { Schema } from "@jumpstarter-ts/core";

import { UsageError } from "../command.ts";

/** What a schema takes, as far as a command line has to know. */
export interface ArgumentShape {
  readonly kind: "text" | "number" | "true or false" | "JSON";
  readonly choices: readonly string[] | undefined;
  /** The choices as they are sent. */
  readonly values: readonly unknown[];
  readonly isOptional: boolean;
}

export function shapeOf(schema: Schema): ArgumentShape {
  const parts = flatten(jsonSchemaOf(schema));
  const values = parts.flatMap(({ enum: listed, const: one }) => listed ?? (one === undefined ? [] : [one]));
  const types = new Set(parts.flatMap(({ type }) => type ?? []));
  types.delete("null");
  const [type] = types;
  return {
    kind: types.size !== 1 ? "JSON" : (kindsByType[type ?? ""] ?? "JSON"),
    choices: values.length === 0 ? undefined : values.filter((value) => value !== null).map(String),
    values,
    isOptional: accepts(schema, undefined),
  };
}

/** The word as the value that it stands for. Throws {@link UsageError}. */
export function readArgument({ kind, values }: ArgumentShape, word: string, what: string): unknown {
  const chosen = values.find((value) => String(value) === word);
  if (chosen !== undefined) return chosen;
  const refuse = (expected: string): never => {
    throw new UsageError(`${what} is ${JSON.stringify(word)}: it is ${expected}`);
  };
  if (kind === "text") return word;
  if (kind === "number") {
    return word.trim() !== "" && Number.isFinite(Number(word)) ? Number(word) : refuse("a number");
  }
  if (kind === "true or false") {
    if (/^(?:true|yes|on|1)$/i.test(word)) return true;
    return /^(?:false|no|off|0)$/i.test(word) ? false : refuse("true or false");
  }
  try {
    return JSON.parse(word);
  } catch {
    // A schema of several types may well take a text; the check before the call tells.
    return word;
  }
}

const kindsByType: Readonly<Record<string, ArgumentShape["kind"]>> = {
  string: "text",
  number: "number",
  integer: "number",
  boolean: "true or false",
};

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
}

/** Standard JSON Schema, where the schema's library has it. */
function jsonSchemaOf(schema: Schema): JsonSchema {
  const { jsonSchema } = schema["~standard"] as {
    readonly jsonSchema?: { input(options: { target: string }): JsonSchema };
  }; // Of newer libraries.
  try {
    return jsonSchema?.input({ target: "draft-2020-12" }) ?? {};
  } catch {
    // Not every schema can be written down so.
    return {};
  }
}

function flatten(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap((part) => flatten(part));
}

function accepts(schema: Schema, value: unknown): boolean {
  const result = schema["~standard"].validate(value);
  return !(result instanceof Promise) && result.issues === undefined;
}
