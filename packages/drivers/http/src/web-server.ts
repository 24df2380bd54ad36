import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { JumpstarterError, messageOf, type Logger } from "@jumpstarter-ts/core";

import { answer, refuse } from "./answer.ts";

export interface WebServerOptions {
  readonly root: string;
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  readonly idleMs: number;
  readonly maxConnections: number;
  readonly log: Logger;
}

/** Files of a directory over HTTP; disposing of it closes the connections that are open, too. */
export interface WebServer extends AsyncDisposable {
  readonly port: number;
}

/** Milliseconds for a request's headers, and for all of it. */
const headersMs = 10_000;
const requestMs = 30_000;

/**
 * Throws `HTTP_PORT_TAKEN` (`unavailable`), `HTTP_PORT_REFUSED` (`permission-denied`), `HTTP_HOST_UNKNOWN`
 * (`invalid-argument`) or `HTTP_START_FAILED` (`unavailable`).
 */
export async function openWebServer(options: WebServerOptions): Promise<WebServer> {
  const { root, host, port, idleMs, maxConnections, log } = options;
  const limits = { headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: 1_000 };
  const server = createServer({ ...limits, keepAliveTimeout: 5_000, maxHeaderSize: 16_384 }, (request, response) => {
    void serveRequest(root, request, response, log);
  });
  // A client that has said all it has to say (`shutdown`) still waits for its answer. Node's types leave it out.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.timeout = idleMs;
  server.maxConnections = maxConnections;
  server.on("drop", () => log.warning(`a connection was refused: ${maxConnections} are open`));
  try {
    server.listen({ host, port });
    await once(server, "listening");
  } catch (cause) {
    throw startError(host, port, cause);
  }
  // A socket that cannot be accepted (no file descriptors) is one for its client to try again.
  server.on("error", (error) => log.warning(`the HTTP server: ${messageOf(error)}`));
  // listening on a host and a port, which gives no path.
  const { port: boundPort } = server.address() as AddressInfo;
  return {
    port: boundPort,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serveRequest(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger,
): Promise<void> {
  const startedMs = performance.now();
  const client = request.socket.remoteAddress ?? "a client";
  // A connection that breaks is its client's to notice.
  response.on("error", () => undefined);
  response.once("close", () => {
    const done = response.writableFinished ? "" : ", broken off";
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    log.info(`${client} ${request.method} ${request.url?.slice(0, 200)}: ${response.statusCode}${done}, ${seconds} s`);
  });
  try {
    if (await hasTurn(request, response)) await answer(root, request, response);
  } catch (error) {
    if (response.destroyed) return;
    log.warning(`${request.method} ${request.url?.slice(0, 200)} failed: ${messageOf(error)}`);
    refuse(response, { status: 500, sentence: "the file cannot be read now" });
  }
}

/** Waits for the requests before it on its connection, so that one connection holds one file. False: it is gone. */
async function hasTurn(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  if (response.socket !== null) return true;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  response.once("socket", () => resolve(true));
  request.once("close", () => resolve(false));
  return await promise;
}

function startError(host: string, port: number, cause: unknown): JumpstarterError {
  const where = `the HTTP server cannot listen on ${host} port ${port}`;
  switch (cause instanceof Error && "code" in cause ? cause.code : undefined) {
    case "EADDRINUSE":
      return new JumpstarterError(`${where}: the port is taken; stop what has it, or set another port`, {
        code: "unavailable",
        reason: "HTTP_PORT_TAKEN",
        cause,
      });
    case "EACCES":
      return new JumpstarterError(`${where}: the exporter may not; set a port above 1023, or allow it that one`, {
        code: "permission-denied",
        reason: "HTTP_PORT_REFUSED",
        cause,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new JumpstarterError(`${where}: that is no address of this machine; correct host in its configuration`, {
        code: "invalid-argument",
        reason: "HTTP_HOST_UNKNOWN",
        cause,
      });
    default:
      return new JumpstarterError(`${where}: ${messageOf(cause)}`, {
        code: "unavailable",
        reason: "HTTP_START_FAILED",
        cause,
      });
  }
}
