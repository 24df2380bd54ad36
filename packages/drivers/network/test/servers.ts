import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { WebSocketServer } from "ws";

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** How many connections it has at the moment. */
  readonly sockets: ReadonlySet<Socket>;
}

/** A TCP server on a free port of this machine that gives each connection to `serve`. */
export async function tcpServer(serve: (socket: Socket) => void): Promise<TestServer> {
  const { server, sockets, close } = socketServer(serve);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: portOf(server.address()), sockets, [Symbol.asyncDispose]: close };
}

/** The same on a unix socket in a directory of its own. */
export async function unixServer(
  serve: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly path: string }> {
  const { server, close } = socketServer(serve);
  const directory = await mkdtemp(join(tmpdir(), "network-"));
  const path = join(directory, "socket");
  server.listen(path);
  await once(server, "listening");
  return {
    path,
    async [Symbol.asyncDispose]() {
      await close();
      await rm(directory, { recursive: true });
    },
  };
}

/** A UDP socket that sends every datagram back. */
export async function udpEcho(): Promise<AsyncDisposable & { readonly port: number }> {
  const socket = createSocket("udp4");
  socket.on("message", (message, { port, address }) => socket.send(message, port, address));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}

/** A WebSocket server that sends every message back as the kind (text, binary) it came as. */
export async function webSocketEcho(): Promise<
  AsyncDisposable & { readonly url: string; readonly server: WebSocketServer }
> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${portOf(server.address())}/echo`,
    server,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

/** A port of this machine on which nothing listens. */
export async function freePort(): Promise<number> {
  await using server = await tcpServer(() => {});
  return server.port;
}

function socketServer(serve: (socket: Socket) => void): {
  readonly server: Server;
  readonly sockets: ReadonlySet<Socket>;
  readonly close: () => Promise<void>;
} {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    serve(socket);
  });
  return {
    server,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function portOf(address: string | { readonly port: number } | null): number {
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}
