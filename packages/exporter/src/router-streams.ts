import { JumpstarterError, type ByteStream } from "@jumpstarter-ts/core";
import {
  readStreamTarget,
  resourceMetadata,
  serverStream,
  toStatus,
  type DriverStreamTarget,
  type Handlers,
  type ResourceStreamTarget,
  type RouterServiceService,
  type ServerStreamCall,
} from "@jumpstarter-ts/protocol";

import { findMethod } from "./device.ts";
import { driverError } from "./driver-error.ts";
import type { ResourceTable } from "./resource-table.ts";
import type { Session } from "./session.ts";

/** Connects a client's stream to a driver's, or keeps it as a resource for a call. */
export function routerHandlers(session: Session, resources: ResourceTable): Handlers<typeof RouterServiceService> {
  return {
    stream(call) {
      serve(session, resources, call).catch((error: unknown) => call.emit("error", toStatus(driverError(error))));
    },
  };
}

async function serve(session: Session, resources: ResourceTable, call: ServerStreamCall): Promise<void> {
  const target = readStreamTarget(call.metadata);
  if (target.kind === "driver") await connectDriver(session, call, target);
  else offerResource(session, resources, call, target);
}

async function connectDriver(session: Session, call: ServerStreamCall, target: DriverStreamTarget): Promise<void> {
  const { method, name, call: open } = findMethod(session.device(target.uuid), target.method, "bytes");
  const controller = new AbortController();
  const forget = session.onClose((reason) => controller.abort(reason));
  call.on("cancelled", () => controller.abort());
  if (call.cancelled) controller.abort();
  const { signal } = controller;
  try {
    const near = await session.run(call, name, async () => {
      const opening = open({ signal });
      const opened = isByteStream(opening) ? quiet(opening) : quiet(streamOf(await opening, name));
      // The client may have gone while the driver was opening.
      if (signal.aborted) opened.destroy();
      return opened;
    });
    call.sendMetadata(emptyMetadata(call));
    const far = serverStream(call, { what: `the stream of ${name}`, datagrams: method.isDatagram });
    const forgetStream = session.onClose((reason) => far.destroy(reason));
    far.on("close", () => {
      forget();
      forgetStream();
      controller.abort();
    });
    join(near, far);
  } catch (error) {
    forget();
    controller.abort();
    throw error;
  }
}

/** A failure is looked at when the stream is joined; until then nobody listens. */
function quiet(stream: ByteStream): ByteStream {
  return stream.on("error", () => undefined);
}

/** Both directions, each with its own end. The driver's failure is the client's; a client that goes takes all with it. */
function join(near: ByteStream, far: ByteStream): void {
  near.on("error", (error) => {
    const fail = (): void => void far.destroy(driverError(error));
    // What the driver gave before is on its way, and comes first: often it says more than the error.
    if (far.writableLength === 0 || far.writableObjectMode) fail();
    else far.write(nothing, fail);
  });
  near.on("close", () => {
    if (!near.readableEnded && near.errored === null) far.end();
    // Nobody takes what still comes.
    far.unpipe(near);
    far.resume();
  });
  // With the error: half of what a client wanted to send must not look like all of it.
  far.on("error", (error) => near.destroy(error));
  far.on("close", () => near.destroy());
  if (near.destroyed) {
    far.destroy(near.errored === null ? undefined : driverError(near.errored));
    return;
  }
  near.pipe(far);
  far.pipe(near);
}

const nothing = new Uint8Array(0);

function offerResource(
  session: Session,
  resources: ResourceTable,
  call: ServerStreamCall,
  { uuid, contentEncoding }: ResourceStreamTarget,
): void {
  const device = session.device(uuid);
  const stream = serverStream(call, { what: `a resource of ${device.path}` });
  // Whoever reads or writes it is told as well; without a reader it is no more than a client that left.
  stream.on("error", () => undefined);
  const forget = session.onClose((reason) => stream.destroy(reason));
  stream.on("close", forget);
  const handle = resources.offer(device.uuid, stream, contentEncoding);
  // An encoding that we cannot undo is left to the client: no key, and null in the handle.
  call.sendMetadata(resourceMetadata({ handle, acceptEncoding: handle.x_jmp_content_encoding ?? undefined }));
}

/** grpc-js's own class, without depending on it by name. */
function emptyMetadata(call: ServerStreamCall): typeof call.metadata {
  const metadata = call.metadata.clone();
  for (const key of Object.keys(metadata.getMap())) metadata.remove(key);
  return metadata;
}

function streamOf(value: unknown, name: string): ByteStream {
  if (isByteStream(value)) return value;
  throw new JumpstarterError(`${name} opened no byte stream; this is a fault of the driver`, {
    code: "internal",
    reason: "RESULT_INVALID",
  });
}

function isByteStream(value: unknown): value is ByteStream {
  return typeof value === "object" && value !== null && "pipe" in value && "write" in value && "destroy" in value;
}
