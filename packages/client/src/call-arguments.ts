import {
  JumpstarterError,
  validate,
  type Argument,
  type CallOptions,
  type Method,
  type ResourceSink,
  type ResourceSource,
} from "@jumpstarter-ts/core";

import { prepareSink, type Download } from "./resource-sink.ts";
import { prepareSource, type Upload } from "./resource-source.ts";
import { startTransfer, type Transfer } from "./transfer.ts";
import type { Wire, WireOptions } from "./wire.ts";

/** An argument that is checked and ready to be sent. */
export type PreparedArgument =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "resource"; readonly resource: Upload | Download };

/**
 * Checks the arguments of a call against its contract, before anything is sent. Throws `invalid-argument`
 * (`SCHEMA_MISMATCH`, `ARGUMENT_COUNT`); `what` names the call: `power.set`.
 */
export async function prepareArguments(
  method: Exclude<Method, { readonly kind: "bytes" }>,
  args: readonly unknown[],
  what: string,
): Promise<readonly PreparedArgument[]> {
  if (args.length > method.arguments.length) {
    throw new JumpstarterError(`${what} takes ${method.arguments.length} arguments, not ${args.length}`, {
      code: "invalid-argument",
      reason: "ARGUMENT_COUNT",
    });
  }
  const prepared: PreparedArgument[] = [];
  for (const [index, argument] of method.arguments.entries()) {
    prepared.push(await prepare(argument, args[index], `argument ${index + 1} (${argument.name}) of ${what}`));
  }
  // What is left out at the end is not sent, so that the driver's own defaults hold; a Python driver takes null for a
  // value. In the middle, null fills the position.
  while (isLeftOut(prepared.at(-1))) prepared.pop();
  return prepared.map((argument) =>
    argument.kind === "value" ? { ...argument, value: argument.value ?? null } : argument,
  );
}

async function prepare(argument: Argument, value: unknown, what: string): Promise<PreparedArgument> {
  if (argument.kind === "value") {
    return { kind: "value", value: await validate(argument.schema, value, what) };
  }
  if (value === undefined || value === null) {
    throw new JumpstarterError(`${what} is missing: it takes a path or a stream`, {
      code: "invalid-argument",
      reason: "RESOURCE_INVALID",
    });
  }
  // The caller's types promise a resource; prepareSource refuses what is none.
  if (argument.kind === "sink") return { kind: "resource", resource: await prepareSink(value as ResourceSink, what) };
  const source = await prepareSource(value as ResourceSource, what);
  return source.kind === "remote" ? { kind: "value", value: source.handle } : { kind: "resource", resource: source };
}

export interface Send extends WireOptions {
  readonly wire: Wire;
  readonly uuid: string;
  readonly args: readonly PreparedArgument[];
  readonly onProgress?: CallOptions["onProgress"];
}

/**
 * Runs a call while the bytes of its resource arguments move. The transfer's failure ends the call; the call's end
 * ends the transfers, on every path.
 */
export async function withArguments<T>(
  { wire, uuid, args, onProgress, ...limits }: Send,
  call: (args: readonly unknown[], options: WireOptions) => Promise<T>,
): Promise<T> {
  // The common case: no bytes move beside the call, so that nothing has to end with it.
  if (args.every(isValue))
    return call(
      args.map(({ value }) => value),
      limits,
    );
  const failed = new AbortController();
  const { signal } = limits;
  const options: WireOptions = {
    ...limits,
    signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]),
  };
  const transfers: Transfer[] = [];
  try {
    const values: unknown[] = [];
    for (const argument of args) {
      if (argument.kind === "value") values.push(argument.value);
      else {
        const transfer = await startTransfer(wire, argument.resource, { ...options, uuid, onProgress });
        transfers.push(transfer);
        values.push(transfer.handle);
      }
    }
    const { promise: broken, reject } = Promise.withResolvers<never>();
    for (const { done } of transfers) done.catch(reject);
    const result = await Promise.race([call(values, options), broken]);
    for (const transfer of transfers) await transfer.complete();
    return result;
  } finally {
    failed.abort();
    await Promise.all(transfers.map((transfer) => transfer.close()));
  }
}

function isLeftOut(argument: PreparedArgument | undefined): boolean {
  return argument?.kind === "value" && argument.value === undefined;
}

function isValue(argument: PreparedArgument): argument is Extract<PreparedArgument, { readonly kind: "value" }> {
  return argument.kind === "value";
}
