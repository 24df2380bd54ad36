import { JumpstarterError, validate, type Argument, type Schema, type ValueArgument } from "@jumpstarter-ts/core";
import { decodeValue, readResourceHandle, type Value } from "@jumpstarter-ts/protocol";

import { bindSink, bindSource, type BoundResource } from "./resource.ts";
import type { ResourceTable } from "./resource-table.ts";

export interface BindOptions {
  /** Names the method in errors: `grp.power.on`. */
  readonly name: string;
  /** The uuid of the called device. */
  readonly device: string;
  readonly resources: ResourceTable;
  readonly signal: AbortSignal;
}

export interface BoundArguments {
  readonly values: readonly unknown[];
  /** After the driver is done: lets go of its resources, and waits for what it wrote to leave. */
  finish(): Promise<void>;
  /** After the driver failed. */
  abandon(): void;
}

/** Checks the arguments of a call against its contract, fills in those left out, and opens its resources. */
export async function bindArguments(
  declared: readonly Argument[],
  sent: readonly Value[],
  options: BindOptions,
): Promise<BoundArguments> {
  if (sent.length > declared.length) {
    throw invalid(`${options.name} takes ${countOf(declared.length)}, but ${sent.length} were sent`, "ARGUMENT_COUNT");
  }
  const given = declared.map((argument, index) => ({
    argument,
    value: decoded(sent[index]),
    what: named(argument, index, options),
  }));
  const resources: BoundResource[] = [];
  const values: unknown[] = [];
  const abandon = (): void => {
    for (const resource of resources) resource.abandon();
  };
  try {
    // Values first: a call with a wrong one must not use up its handles.
    const checked = await Promise.all(
      given.map(async ({ argument, value, what }) =>
        argument.kind === "value" ? checkValue(argument, value, what) : undefined,
      ),
    );
    for (const [index, { argument, value, what }] of given.entries()) {
      if (argument.kind === "value") {
        values.push(checked[index]);
        continue;
      }
      const resource = await bindResource(argument.kind, value, what, options);
      resources.push(resource);
      values.push(resource.stream);
    }
  } catch (error) {
    abandon();
    throw error;
  }
  return {
    values,
    async finish() {
      await Promise.all(resources.map((resource) => resource.finish()));
    },
    abandon,
  };
}

function decoded(value: Value | undefined): unknown {
  return value === undefined ? undefined : decodeValue(value);
}

/** A caller skips an argument by sending null, so null counts as absent where the schema refuses it. */
async function checkValue({ schema }: ValueArgument, value: unknown, what: string): Promise<unknown> {
  const isSkipped = value === undefined || (value === null && !(await accepts(schema, null)));
  if (!isSkipped) return validate(schema, value, what);
  if (await accepts(schema, undefined)) return validate(schema, undefined, what);
  throw invalid(`${what} is ${value === undefined ? "missing" : "null"}`, "ARGUMENT_MISSING");
}

async function accepts(schema: Schema, value: unknown): Promise<boolean> {
  return (await schema["~standard"].validate(value)).issues === undefined;
}

async function bindResource(
  kind: "source" | "sink",
  value: unknown,
  what: string,
  { device, resources, signal }: BindOptions,
): Promise<BoundResource> {
  if (typeof value !== "object" || value === null) {
    throw invalid(`${what} is ${value === undefined ? "missing" : "not a resource handle"}`, "ARGUMENT_MISSING");
  }
  const handle = readResourceHandle(value);
  if (handle.kind === "client_stream") {
    const { stream, encoding } = resources.claim(device, handle);
    return kind === "source" ? bindSource(stream, encoding) : bindSink(stream, encoding);
  }
  const { bindPresignedSink, bindPresignedSource } = await import("./presigned.ts");
  return kind === "source" ? bindPresignedSource(handle, signal) : bindPresignedSink(handle, signal);
}

function named(argument: Argument, index: number, { name }: BindOptions): string {
  return `argument ${index + 1} (${argument.name}) of ${name}`;
}

function countOf(count: number): string {
  return count === 0 ? "no arguments" : count === 1 ? "one argument" : `${count} arguments`;
}

function invalid(sentence: string, reason: string): JumpstarterError {
  return new JumpstarterError(sentence, { code: "invalid-argument", reason });
}
