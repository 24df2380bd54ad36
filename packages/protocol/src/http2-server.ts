import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";

import { Metadata, status as Status } from "@grpc/grpc-js";

import { createFrameReader } from "./frame-reader.ts";
import { drain, frameDuplex } from "./http2-client.ts";
import { type CallStatus, readMetadata, writeStatus } from "./http2-status.ts";
import type { ServerStreamCall } from "./tunnel.ts";

/** Serves one call: its stream, and the headers with which it was opened. */
export type ServeCall = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/**
 * Serves some methods over Node's own HTTP/2, beside grpc-js on the same connections, and several times as fast. Their keys
 * are gRPC's names: `/jumpstarter.v1.RouterService/Stream`. Calls that ask for more than the plain protocol (a deadline,
 * compression) are left to grpc-js, whose listeners this stands before.
 */
export function takeCalls(server: Http2Server, methods: ReadonlyMap<string, ServeCall>): void {
  // Node declares listeners as functions of anything; these get what they would have got.
  const theirs = server.listeners("stream") as ((...event: unknown[]) => void)[];
  server.removeAllListeners("stream");
  server.on("stream", (stream, headers, ...rest) => {
    const serve = isPlain(headers) ? methods.get(headers[":path"] ?? "") : undefined;
    if (serve !== undefined) serve(stream, headers);
    else for (const listener of theirs) listener.call(server, stream, headers, ...rest);
  });
}

function isPlain(headers: IncomingHttpHeaders): boolean {
  return (
    headers["grpc-timeout"] === undefined &&
    (headers["grpc-encoding"] ?? "identity") === "identity" &&
    String(headers["content-type"]).startsWith("application/grpc")
  );
}

export interface ServeStreamOptions {
  readonly handler: (call: ServerStreamCall) => void;
  /** Longest message that is accepted. */
  readonly maxReceiveBytes: number;
}

/** Byte streams: nothing of a payload is copied. */
export function serveStream({ handler, maxReceiveBytes }: ServeStreamOptions): ServeCall {
  return (stream, headers) => handler(serverCall(stream, headers, maxReceiveBytes));
}

/** The stream as grpc-js's call: the same events in the same order. */
function serverCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  maxReceiveBytes: number,
): ServerStreamCall {
  let isOver = false;
  let isCancelled = false;
  let status: CallStatus = { code: Status.OK, details: "", metadata: new Metadata() };
  const reader = createFrameReader((frame) => {
    if (!call.push(frame)) stream.pause();
  }, maxReceiveBytes);
  const call = frameDuplex(stream, () => isOver);

  const sendMetadata = (metadata: Metadata): void => {
    if (stream.headersSent || stream.destroyed) return;
    const own = { ...metadata.toHttp2Headers(), ":status": 200, "content-type": "application/grpc" };
    stream.respond(own, { waitForTrailers: true });
  };
  const fail = (error: unknown): void => {
    status = statusOf(error);
    call.end();
  };

  stream.on("data", (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      stream.removeAllListeners("data").resume();
      fail({ code: Status.RESOURCE_EXHAUSTED, details: String(error) });
    }
  });
  stream.pause();
  stream.on("end", () => {
    if (!stream.aborted) call.push(null);
  });
  stream.on("error", () => undefined);
  stream.on("wantTrailers", () => {
    isOver = true;
    stream.sendTrailers(writeStatus(status));
  });
  stream.on("close", () => {
    if (isOver) return;
    isOver = true;
    isCancelled = true;
    drain(stream, reader.push);
    call.emit("cancelled", "cancelled");
    call.push(null);
  });

  call.on("error", fail);
  call._final = (done) => {
    if (!stream.destroyed && !stream.headersSent) {
      isOver = true;
      const own = { ":status": 200, "content-type": "application/grpc", ...writeStatus(status) };
      stream.respond(own, { endStream: true });
    } else if (!stream.destroyed) stream.end();
    done();
  };
  const getHost = (): string => headers[":authority"] ?? headers.host ?? "";
  Object.assign(call, { metadata: readMetadata(headers), sendMetadata, getHost, getPath: () => headers[":path"] });
  Object.defineProperty(call, "cancelled", { get: () => isCancelled });
  // grpc-js declares more members than a stream of bytes has any use for.
  return call as unknown as ServerStreamCall;
}

/** What a call ends with for what its handler gave as its error. */
export function statusOf(error: unknown): CallStatus {
  const { code, details, metadata } = Object(error) as Partial<CallStatus> & { readonly message?: string };
  return {
    code: typeof code === "number" ? code : Status.UNKNOWN,
    details: details ?? String(error),
    metadata: metadata ?? new Metadata(),
  };
}
