import { EventEmitter } from "node:events";

import { Metadata, status as Status, type MethodDefinition, type handleUnaryCall } from "@grpc/grpc-js";

import { prefixBytes } from "./frame-reader.ts";
import { type ServeCall, statusOf } from "./http2-server.ts";
import { type CallStatus, readMetadata, writeStatus } from "./http2-status.ts";
import { bodyOf, withPrefix } from "./http2-unary-client.ts";

export interface ServeUnaryOptions<Request, Response> {
  readonly method: Pick<MethodDefinition<Request, Response>, "path" | "requestDeserialize" | "responseSerialize">;
  readonly handler: handleUnaryCall<Request, Response>;
  /** Longest message that is accepted. */
  readonly maxReceiveBytes: number;
}

/** Calls with one answer. */
export function serveUnary<Request, Response>(options: ServeUnaryOptions<Request, Response>): ServeCall {
  const { method, handler, maxReceiveBytes } = options;
  return (stream, headers) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let isOver = false;
    let isCancelled = false;
    const call = new EventEmitter();

    const fail = (status: CallStatus): void => {
      if (isOver || stream.destroyed) return;
      isOver = true;
      stream.respond({ ...responseHeaders, ...writeStatus(status) }, { endStream: true });
      // What the client still sends is of no use.
      stream.resume();
    };
    const answer = (response: Response, metadata: Metadata | undefined): void => {
      const message = withPrefix(method.responseSerialize(response));
      if (isOver || stream.destroyed) return;
      isOver = true;
      if (!stream.headersSent) stream.respond(responseHeaders, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers(writeStatus({ ...ok, metadata: metadata ?? ok.metadata })));
      stream.end(message);
    };
    const serve = (request: Request): void => {
      const served = Object.assign(call, {
        request,
        metadata: readMetadata(headers),
        getHost: () => headers[":authority"] ?? headers.host ?? "",
        getPath: () => method.path,
        sendMetadata(metadata: Metadata): void {
          if (stream.headersSent || stream.destroyed) return;
          stream.respond({ ...metadata.toHttp2Headers(), ...responseHeaders }, { waitForTrailers: true });
        },
      });
      Object.defineProperty(served, "cancelled", { get: () => isCancelled });
      // grpc-js declares more members than a handler has any use for.
      handler(served as unknown as Parameters<typeof handler>[0], (error, response, trailer) => {
        if (error !== null && error !== undefined) return fail(statusOf(error));
        if (response === null || response === undefined) return fail(internal("the handler gave no answer"));
        try {
          answer(response, trailer);
        } catch (thrown) {
          fail(internal(String(thrown)));
        }
      });
    };

    stream.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxReceiveBytes + prefixBytes) chunks.push(chunk);
      else fail({ ...internal("the request is too long"), code: Status.RESOURCE_EXHAUSTED });
    });
    stream.on("end", () => {
      if (isOver || stream.aborted) return;
      const body = bodyOf(chunks);
      if (body === undefined) return fail(internal("the request is not one whole message"));
      try {
        serve(method.requestDeserialize(body));
      } catch (error) {
        fail(internal(`Error deserializing request: ${String(error)}`));
      }
    });
    stream.on("error", () => undefined);
    stream.on("close", () => {
      if (isOver) return;
      isOver = true;
      isCancelled = true;
      call.emit("cancelled", "cancelled");
    });
  };
}

const responseHeaders = { ":status": 200, "content-type": "application/grpc" } as const;
const ok: CallStatus = { code: Status.OK, details: "", metadata: new Metadata() };

function internal(details: string): CallStatus {
  return { code: Status.INTERNAL, details, metadata: new Metadata() };
}
