import { once } from "node:events";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../test/peers.ts";
import {
  createServer,
  DriverCallResponse,
  ExporterServiceService,
  GetReportResponse,
  RouterServiceService,
  service,
} from "./index.ts";

/** grpc-js tells what it accepts with every answer; what is served beside it does not. */
const acceptedByGrpcJs = "grpc-accept-encoding";

describe("the calls that are served beside grpc-js", () => {
  it.each(["/jumpstarter.v1.RouterService/Stream", "/jumpstarter.v1.ExporterService/DriverCall"])(
    "are taken from it: %s (its listeners are reached by a private name, which a release may change)",
    async (path) => {
      expect(await answerTo(path)).not.toHaveProperty(acceptedByGrpcJs);
    },
  );

  it("are not all calls: the others are grpc-js's", async () => {
    expect(await answerTo("/jumpstarter.v1.ExporterService/GetReport")).toHaveProperty(acceptedByGrpcJs);
  });

  it.each([{ "grpc-timeout": "10S" }, { "grpc-encoding": "gzip" }])("are left to it with %j", async (more) => {
    expect(await answerTo("/jumpstarter.v1.ExporterService/DriverCall", more)).toHaveProperty(acceptedByGrpcJs);
  });
});

/** The headers of the answer to a call with an empty message, from a server on a unix socket. */
async function answerTo(
  path: string,
  more: Readonly<Record<string, string | undefined>> = {},
): Promise<IncomingHttpHeaders> {
  await using directory = await temporaryDirectory();
  await using server = createServer({
    services: [
      service(RouterServiceService, { stream: (call) => (call.resume(), call.end()) }),
      service(ExporterServiceService, {
        getReport: (_call, answer) => answer(null, GetReportResponse.create()),
        driverCall: (_call, answer) => answer(null, DriverCallResponse.create()),
        streamingDriverCall: (call) => call.end(),
        logStream: (call) => call.end(),
        reset: (_call, answer) => answer({ code: 5 }),
        getStatus: (_call, answer) => answer({ code: 5 }),
        endSession: (_call, answer) => answer({ code: 5 }),
      }),
    ],
  });
  const socket = join(directory.path, "socket");
  await server.listenUnix(socket);
  const session = connect("http://localhost", { path: socket });
  try {
    const request = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...more,
    });
    request.end(Buffer.alloc(5));
    const [headers] = await once(request, "response");
    request.resume();
    return headers;
  } finally {
    session.destroy();
  }
}
