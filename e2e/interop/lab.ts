/** The devices of both directions, under upstream's names, and what they are connected to: servers of this machine. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createScope, type Scope } from "@jumpstarter-ts/core";
import { WebSocketServer } from "ws";

import { openPty, type Pty } from "../../packages/drivers/serial/test/pty.ts";

export interface Lab extends AsyncDisposable {
  /** Removed at the end. */
  readonly directory: string;
  /** Where the storage has its files. */
  readonly storageRoot: string;
  /** What the serial port is connected to. */
  readonly pty: Pty;
  /** What the device `tcp` connects to: it sends everything back. */
  readonly tcp: Server;
  /** The `export:` section. */
  readonly exportYaml: string;
}

export async function createLab(): Promise<Lab> {
  const stack = createScope("what the test opens");
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-interop-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const storageRoot = join(directory, "storage");
  await mkdir(storageRoot);
  const pty = stack.use(openPty());
  const tcp = await echoServer(stack, { port: 0, host: "127.0.0.1" });
  const tcpPort = portOf(tcp.address());
  const unix = join(directory, "echo.sock");
  await echoServer(stack, { path: unix });
  const udp = await echoDatagrams(stack);
  const websocket = await echoMessages(stack);
  return {
    directory,
    storageRoot,
    pty,
    tcp,
    exportYaml: `
export:
  power: { type: jumpstarter_driver_power.driver.MockPower, description: The rail }
  echo: { type: jumpstarter_driver_network.driver.EchoNetwork }
  tcp: { type: jumpstarter_driver_network.driver.TcpNetwork, config: { host: 127.0.0.1, port: ${tcpPort} } }
  udp: { type: jumpstarter_driver_network.driver.UdpNetwork, config: { host: 127.0.0.1, port: ${udp} } }
  unix: { type: jumpstarter_driver_network.driver.UnixNetwork, config: { path: ${unix} } }
  websocket: { type: jumpstarter_driver_network.driver.WebsocketNetwork, config: { url: "ws://127.0.0.1:${websocket}/" } }
  serial: { type: jumpstarter_driver_pyserial.driver.PySerial, config: { url: ${pty.path} } }
  storage: { type: jumpstarter_driver_opendal.driver.Opendal, config: { scheme: fs, kwargs: { root: ${storageRoot} } } }
  flasher: { type: jumpstarter_driver_opendal.driver.MockFlasher }
  mux: { type: jumpstarter_driver_opendal.driver.MockStorageMux }
  sdwire: { type: jumpstarter_driver_opendal.driver.MockStorageMuxFlasher }
  group:
    children:
      same: { ref: power }
`,
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** One file over HTTP, whatever is asked for. */
export async function serveFile(
  content: Uint8Array,
): Promise<AsyncDisposable & { readonly url: string; readonly content: Uint8Array }> {
  const server = createHttpServer((_request, response) => response.end(content));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    content,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function echoServer(
  stack: Scope,
  listen: { readonly port: number; readonly host: string } | { readonly path: string },
): Promise<Server> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  server.listen(listen);
  await once(server, "listening");
  stack.defer(() => void server.close());
  return server;
}

async function echoDatagrams(stack: Scope): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  socket.on("message", (message, from) => socket.send(message, from.port, from.address));
  stack.defer(() => void socket.close());
  return socket.address().port;
}

async function echoMessages(stack: Scope): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket) => socket.on("message", (message) => socket.send(message)));
  stack.defer(() => server.close());
  return portOf(server.address());
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}
