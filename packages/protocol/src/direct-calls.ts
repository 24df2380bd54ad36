import { Metadata } from "@grpc/grpc-js";

import { RouterServiceClient, RouterServiceService } from "./frames.ts";
import { ExporterServiceClient, ExporterServiceService } from "./gen/jumpstarter/v1/jumpstarter.ts";
import { openStreamCall } from "./http2-client.ts";
import type { Http2Connection } from "./http2-connection.ts";
import { callUnary } from "./http2-unary-client.ts";

/**
 * Takes the hot calls of a client away from grpc-js: byte streams, and calls with one answer. Whoever passes call
 * options (a deadline, interceptors) gets grpc-js's own.
 */
export function withDirectCalls<Client>(client: Client, connection: Http2Connection): Client {
  if (client instanceof RouterServiceClient) {
    const { path } = RouterServiceService.stream;
    const viaGrpc = client.stream.bind(client);
    const stream = (...args: Parameters<typeof viaGrpc>): ReturnType<typeof viaGrpc> =>
      args.length < 2 && isMetadata(args[0]) ? openStreamCall(connection, path, args[0]) : viaGrpc(...args);
    return Object.assign(client, { stream });
  }
  if (client instanceof ExporterServiceClient) {
    const viaGrpc = client.driverCall.bind(client) as (...args: unknown[]) => unknown;
    return Object.assign(client, {
      driverCall(...args: unknown[]): unknown {
        const [request, metadata, callback] = args;
        if (!(metadata instanceof Metadata) || typeof callback !== "function") return viaGrpc(...args);
        // The generated type of driverCall, which callers see, says that these are its request and its callback.
        return callUnary(connection, ExporterServiceService.driverCall, request as never, metadata, callback as never);
      },
    });
  }
  return client;
}

function isMetadata(value: unknown): value is Metadata | undefined {
  return value === undefined || value instanceof Metadata;
}
