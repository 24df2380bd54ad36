import type { Duplex, Readable, Writable } from "node:stream";

import { codeKey, reasonKey, type Service, type streamMetadata } from "@jumpstarter-ts/protocol";

/** gRPC's metadata, by way of a function that makes some. */
export type Metadata = ReturnType<typeof streamMetadata>;

/** A call as the broker's server has it, its messages as bytes. */
export interface UnaryCall {
  readonly request: Buffer;
  readonly metadata: Metadata;
  on(event: "cancelled", listener: () => void): unknown;
}

export type StreamingCall = UnaryCall & Writable & { sendMetadata(metadata: Metadata): void };

export type BidiCall = Omit<StreamingCall, "request"> & Duplex;

/** The same call on its way to the exporter. */
export type Outgoing = Readable & { cancel(): void };

export interface Handlers {
  readonly unary: (route: string) => (call: UnaryCall, answer: (error: unknown, response?: Buffer) => void) => void;
  readonly serverStream: (route: string) => (call: StreamingCall) => void;
  readonly bidi: (route: string) => (call: BidiCall) => void;
}

interface Method {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** A service of which no message is decoded: one handler serves all methods of a kind. */
export function rawService(definition: Readonly<Record<string, Method>>, handlers: Handlers): Service {
  const methods = Object.entries(definition);
  const raw = methods.map(([name, method]) => [
    name,
    {
      ...method,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  ]);
  const functions = methods.map(([name, { path, requestStream, responseStream }]) => {
    if (requestStream) return [name, handlers.bidi(path)];
    return [name, responseStream ? handlers.serverStream(path) : handlers.unary(path)];
  });
  // A definition and a handler for each of its methods, which is what a Service is to grpc-js.
  return { definition: Object.fromEntries(raw), handlers: Object.fromEntries(functions) };
}

export const asIs = (message: Buffer): Buffer => message;

/** Hands over headers, messages and the end of a call, with back-pressure. */
export function passOn(from: Outgoing, to: Pick<StreamingCall, "sendMetadata"> & Writable, onEnd: () => void): void {
  let failure: unknown;
  from.on("metadata", (metadata: Metadata) => to.sendMetadata(metadata));
  // The error overtakes messages that wait in the call; the end does not.
  from.on("error", (error) => {
    failure = error;
  });
  from.on("end", () => {
    onEnd();
    if (failure === undefined) to.end();
    else to.emit("error", asFailure(failure));
  });
  from.pipe(to, { end: false });
}

/** A failure as it came, without the headers of the hop on which it came. */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof Error) || !("metadata" in error)) return error;
  // What grpc-js rejects with has its trailing metadata here.
  const metadata = (error.metadata as Metadata).clone();
  for (const key of Object.keys(metadata.getMap())) if (key !== codeKey && key !== reasonKey) metadata.remove(key);
  return Object.assign(error, { metadata });
}
