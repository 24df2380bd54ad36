import type { Http2Server, ServerHttp2Session } from "node:http2";

import type { Server } from "@grpc/grpc-js";

/**
 * HTTP/2 flow control of what a server receives. It must fit into a socket's buffer: Node stops reading a connection while
 * a write on it is stuck, so two Node peers that both have more under way than the kernel holds (208 KiB on a unix
 * socket of Linux) wait for each other for ever. One narrow direction is enough, and costs little on one machine.
 */
export const serverWindowBytes = 128 * 1024;

/**
 * Gives the HTTP/2 sessions of a server flow-control windows of a chosen size. grpc-js 1.14 has no option for it, so this reaches for
 * two of its private names; should they be gone, the server works as shipped, and a test says so.
 */
export function setWindows(
  server: Server,
  windowBytes: number,
  onHttp2Server: (http2Server: Http2Server) => void = () => undefined,
): void {
  // Private members, so their types cannot be named; each is checked before use.
  const inside = server as unknown as ServerInside;
  const { commonServerOptions, createHttp2Server } = inside;
  if (commonServerOptions === undefined || createHttp2Server === undefined) return;
  commonServerOptions.settings = { ...commonServerOptions.settings, initialWindowSize: windowBytes };
  inside.createHttp2Server = (credentials) => {
    const http2Server = createHttp2Server.call(server, credentials);
    http2Server.on("session", (session: ServerHttp2Session) => session.setLocalWindowSize(windowBytes));
    onHttp2Server(http2Server);
    return http2Server;
  };
}

interface ServerInside {
  readonly commonServerOptions?: { settings?: Record<string, number> };
  createHttp2Server?: (credentials: unknown) => Http2Server;
}
