import { EventEmitter } from "node:events";
import { constants } from "node:http2";

import { Metadata, status as Status, type ClientUnaryCall, type MethodDefinition } from "@grpc/grpc-js";

import { prefixBytes } from "./frame-reader.ts";
import { type Http2Connection, shutDownStatus, statusError } from "./http2-connection.ts";
import { type CallStatus, readStatus } from "./http2-status.ts";

type UnaryMethod<Request, Response> = Pick<
  MethodDefinition<Request, Response>,
  "path" | "requestSerialize" | "responseDeserialize"
>;
type Answered<Response> = (error: (Error & CallStatus) | null, response?: Response) => void;

/** Makes a call with one answer, as grpc-js does with `makeUnaryRequest`, in half of its time. */
export function callUnary<Request, Response>(
  connection: Http2Connection,
  { path, requestSerialize, responseDeserialize }: UnaryMethod<Request, Response>,
  argument: Request,
  metadata: Metadata,
  callback: Answered<Response>,
): Pick<ClientUnaryCall, "cancel"> & EventEmitter {
  // Before anything is opened: a message that cannot be written throws here.
  const message = withPrefix(requestSerialize(argument));
  const request = connection.request(path, metadata);
  let isOver = false;
  const finish = (status: CallStatus, answer?: Buffer): void => {
    if (isOver) return;
    isOver = true;
    if (status.code !== Status.OK) return callback(statusError(status));
    if (answer === undefined) return callback(statusError(internal("No message received")));
    let response: Response;
    try {
      response = responseDeserialize(answer);
    } catch (error) {
      return callback(statusError(internal(`Response message parsing error: ${String(error)}`)));
    }
    callback(null, response);
  };
  const call = new EventEmitter();
  if (request === undefined) {
    process.nextTick(finish, shutDownStatus(metadata));
    return Object.assign(call, { cancel: () => undefined });
  }

  const { stream, closedStatus } = request;
  const chunks: Buffer[] = [];
  let arrived: CallStatus | undefined;
  stream.on("response", (headers) => (arrived = readStatus(headers)));
  stream.on("trailers", (headers) => (arrived = readStatus(headers)));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    if (arrived !== undefined) finish(arrived, bodyOf(chunks));
  });
  stream.on("close", () => finish(arrived ?? closedStatus(), bodyOf(chunks)));
  stream.end(message);
  return Object.assign(call, {
    cancel: () => {
      stream.close(constants.NGHTTP2_CANCEL);
      process.nextTick(finish, { ...internal("Cancelled on client"), code: Status.CANCELLED });
    },
  });
}

/** A message with its flag and its length before it. */
export function withPrefix(message: Uint8Array): Buffer {
  const prefixed = Buffer.allocUnsafe(prefixBytes + message.length);
  prefixed[0] = 0;
  prefixed.writeUInt32BE(message.length, 1);
  prefixed.set(message, prefixBytes);
  return prefixed;
}

/** The one message of a body; undefined where it is not whole, not alone or compressed. */
export function bodyOf(chunks: readonly Buffer[]): Buffer | undefined {
  const [first] = chunks;
  const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
  if (body.length < prefixBytes || body[0] !== 0) return undefined;
  return body.readUInt32BE(1) === body.length - prefixBytes ? body.subarray(prefixBytes) : undefined;
}

function internal(details: string): CallStatus {
  return { code: Status.INTERNAL, details, metadata: new Metadata() };
}
