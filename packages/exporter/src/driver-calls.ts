import { randomUUID } from "node:crypto";
import { once } from "node:events";

import { isJumpstarterError, JumpstarterError, messageOf, validate, within, type Schema } from "@jumpstarter-ts/core";
import {
  encodeValue,
  LogSource,
  toStatus,
  type DriverCallRequest,
  type ExporterServiceService,
  type Handlers,
  type Value,
} from "@jumpstarter-ts/protocol";

import { bindArguments } from "./call-arguments.ts";
import { findMethod } from "./device.ts";
import { driverError } from "./driver-error.ts";
import type { ResourceTable } from "./resource-table.ts";
import type { Session } from "./session.ts";

/** The two kinds of driver call. */
export function driverCallHandlers(
  session: Session,
  resources: ResourceTable,
): Pick<Handlers<typeof ExporterServiceService>, "driverCall" | "streamingDriverCall"> {
  return {
    driverCall(call, callback) {
      const { request } = call;
      void answer(
        session.run(call, `the call of ${request.method}`, (signal) => callOnce(session, resources, request, signal)),
        callback,
      );
    },
    streamingDriverCall(call) {
      const { request } = call;
      const uuid = randomUUID();
      session
        .run(call, `the call of ${request.method}`, async (signal) => {
          for await (const result of callStreaming(session, resources, request, signal)) {
            if (!call.write({ uuid, result })) await once(call, "drain", { signal });
          }
        })
        .then(
          () => call.end(),
          (error: unknown) => call.emit("error", toStatus(driverError(error))),
        );
    },
  };
}

type Answer = Parameters<Handlers<typeof ExporterServiceService>["driverCall"]>[1];

async function answer(running: Promise<Value>, callback: Answer): Promise<void> {
  try {
    callback(null, { uuid: randomUUID(), result: await running });
  } catch (error) {
    callback(toStatus(driverError(error)));
  }
}

async function callOnce(
  session: Session,
  resources: ResourceTable,
  request: DriverCallRequest,
  signal: AbortSignal,
): Promise<Value> {
  session.checkReady();
  const device = session.device(request.uuid);
  const { method, name, call } = findMethod(device, request.method, "unary");
  const bound = await bindArguments(method.arguments, request.args, { name, device: device.uuid, resources, signal });
  let result: unknown;
  try {
    result = await call(...bound.values, { signal });
  } catch (error) {
    bound.abandon();
    throw error;
  }
  await bound.finish();
  return encodeResult(method.result, result, name);
}

async function* callStreaming(
  session: Session,
  resources: ResourceTable,
  request: DriverCallRequest,
  signal: AbortSignal,
): AsyncGenerator<Value> {
  session.checkReady();
  const device = session.device(request.uuid);
  const { method, name, call } = findMethod(device, request.method, "streaming");
  const bound = await bindArguments(method.arguments, request.args, { name, device: device.uuid, resources, signal });
  let isDone = false;
  try {
    const items = call(...bound.values, { signal });
    if (!isAsyncIterable(items)) throw wrongResult(`${name} answered no stream of items`);
    const iterator = items[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await within(Promise.resolve(iterator.next()), { signal, what: name });
        if (next.done === true) break;
        yield await encodeResult(method.result, next.value, name);
      }
      isDone = true;
    } finally {
      // Not awaited: a generator that hangs in a step would never answer.
      if (!isDone) leave(session, iterator, name);
    }
    await bound.finish();
  } finally {
    if (!isDone) bound.abandon();
  }
}

function leave(session: Session, iterator: AsyncIterator<unknown>, name: string): void {
  Promise.resolve(iterator.return?.()).catch((error: unknown) => {
    const message = `${name} failed while it was left: ${messageOf(error)}`;
    session.log({ severity: "WARNING", message, source: LogSource.LOG_SOURCE_SYSTEM, logger: "exporter" });
  });
}

/** The value goes out as the driver gave it: what a schema makes of it is the caller's, who checks it again. */
async function encodeResult(schema: Schema | undefined, value: unknown, name: string): Promise<Value> {
  if (schema === undefined) return encodeValue(null);
  try {
    await validate(schema, value, `the result of ${name}`);
  } catch (cause) {
    throw isJumpstarterError(cause) ? wrongResult(cause.message) : cause;
  }
  return encodeValue(value, { path: `the result of ${name}` });
}

function wrongResult(sentence: string): JumpstarterError {
  return new JumpstarterError(`${sentence}; this is a fault of the driver`, {
    code: "internal",
    reason: "RESULT_INVALID",
  });
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
