import { createServer, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";

import { createScope, type ByteStream, type CallOptions } from "@jumpstarter-ts/core";

export interface LocalPort extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Why the device's connection could not be opened, the last time that it was tried. */
  readonly failure: () => unknown;
}

export interface LocalPortOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Ends the connections and the listening. */
  readonly signal?: AbortSignal | undefined;
}

/** Something that opens connections: a network device. */
export interface Connectable {
  open(options?: CallOptions): Promise<ByteStream>;
}

/** Listens on this machine, for local programs: each connection is joined to a new one of the device. */
export async function openLocalPort(
  device: Connectable,
  { host = "127.0.0.1", port = 0, signal }: LocalPortOptions = {},
): Promise<LocalPort> {
  signal?.throwIfAborted();
  const scope = createScope("a local port");
  const sockets = new Set<Socket>();
  let failure: unknown;
  const open: Connectable["open"] = async (options) => {
    try {
      const stream = await device.open(options);
      failure = undefined;
      return stream;
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  // Half-open: the end of one direction leaves the other.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    // The program at the other end sees its connection break, which is all that there is to tell.
    join(socket, open, scope.signal).catch(() => undefined);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("listening", resolve).once("error", reject);
  server.listen(port, host);
  await promise;
  server.on("error", () => undefined);
  scope.defer(async () => {
    const closed = new Promise((done) => server.close(done));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  const onAbort = (): void => void scope.close(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  scope.defer(() => signal?.removeEventListener("abort", onAbort));
  const address = server.address();
  return {
    host,
    port: typeof address === "object" && address !== null ? address.port : port,
    failure: () => failure,
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

async function join(socket: Socket, open: Connectable["open"], signal: AbortSignal): Promise<void> {
  socket.on("error", () => undefined);
  try {
    const stream = await open({ signal });
    socket.once("close", () => stream.destroy());
    await Promise.all([pipeline(socket, stream, { end: true }), pipeline(stream, socket, { end: true })]);
  } finally {
    socket.destroy();
  }
}
