import type { StandardSchemaV1 } from "@standard-schema/spec";

import { JumpstarterError } from "./errors.ts";

/** Any Standard Schema: zod, valibot, arktype and others. Drivers of this project use zod. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/** What goes in: the argument at the caller, the result at the driver. */
export type InputOf<S extends Schema> = StandardSchemaV1.InferInput<S>;

/** What comes out: the argument at the driver, the result at the caller. */
export type OutputOf<S extends Schema> = StandardSchemaV1.InferOutput<S>;

/**
 * Checks a value against a schema and returns what the schema makes of it. Throws `invalid-argument`
 * (`SCHEMA_MISMATCH`) with one line a defect; `what` names the value in that sentence: `argument 1 (speed) of set`.
 */
export async function validate<S extends Schema>(schema: S, value: unknown, what: string): Promise<OutputOf<S>> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  throw new JumpstarterError(`${what} is not valid: ${result.issues.map(describeIssue).join("; ")}`, {
    code: "invalid-argument",
    reason: "SCHEMA_MISMATCH",
  });
}

/** One defect as `options.baudRate: Expected number`, or only the sentence where it concerns the whole value. */
export function describeIssue(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((step) => String(typeof step === "object" ? step.key : step)).join(".");
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}
