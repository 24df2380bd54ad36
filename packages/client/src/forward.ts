import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { createScope, JumpstarterError, messageOf, silentLogger, type Logger, type Scope } from "@jumpstarter-ts/core";

import type { Device } from "./device.ts";

export interface ForwardOptions {
  /** The byte stream to open for each connection. Default `connect`. */
  readonly method?: string;
  /** Stops listening and ends all connections. */
  readonly signal?: AbortSignal;
  /** Told of connections that failed; the others go on. */
  readonly log?: Logger;
}

export interface ForwardTcpOptions extends ForwardOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
}

export interface ForwardedTcp extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

export interface ForwardedUnix extends AsyncDisposable {
  readonly path: string;
}

/**
 * Listens on a local TCP port and joins each connection to a byte stream of the device, each direction with an end of
 * its own. Throws `failed-precondition` (`PORT_IN_USE`) or `invalid-argument` (`LISTEN_FAILED`).
 */
export async function forwardTcp(
  device: Pick<Device, "open" | "path">,
  { host = "127.0.0.1", port = 0, ...options }: ForwardTcpOptions = {},
): Promise<ForwardedTcp> {
  const { scope, server } = await listen(device, { host, port }, `${host}:${port}`, options);
  const address = server.address();
  return {
    host,
    port: typeof address === "object" && address !== null ? address.port : port,
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

/** As {@link forwardTcp}, on a unix socket: by default in a directory of its own that is removed in the end. */
export async function forwardUnix(
  device: Pick<Device, "open" | "path">,
  { path, ...options }: ForwardOptions & { readonly path?: string } = {},
): Promise<ForwardedUnix> {
  const directory = path === undefined ? await mkdtemp(join(tmpdir(), "jumpstarter-")) : undefined;
  const socketPath = path ?? join(directory ?? "", "socket");
  const removeDirectory = async (): Promise<void> => {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  };
  try {
    const { scope } = await listen(device, { path: socketPath }, socketPath, options);
    return {
      path: socketPath,
      async [Symbol.asyncDispose]() {
        try {
          await scope[Symbol.asyncDispose]();
        } finally {
          await removeDirectory();
        }
      },
    };
  } catch (error) {
    await removeDirectory();
    throw error;
  }
}

async function listen(
  device: Pick<Device, "open" | "path">,
  where: ListenOptions,
  shown: string,
  { method = "connect", signal, log = silentLogger }: ForwardOptions,
): Promise<{ readonly scope: Scope; readonly server: Server }> {
  signal?.throwIfAborted();
  const name = `the forwarding of ${device.path}`;
  const scope = createScope(name);
  const sockets = new Set<Socket>();
  // Half-open: the end of one direction leaves the other.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    bridge(socket, device, method).catch((error: unknown) => {
      if (!scope.signal.aborted) log.warning(`a connection to ${shown} broke off: ${messageOf(error)}`);
    });
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("listening", resolve).once("error", reject);
  server.listen(where);
  try {
    await promise;
  } catch (cause) {
    throw listenError(device.path, shown, cause);
  }
  server.on("error", (error) => log.warning(`${name} on ${shown} failed: ${error.message}`));
  scope.defer(
    async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      for (const socket of sockets) socket.destroy();
      await closed.promise;
    },
    { what: `stop listening on ${shown}` },
  );
  const onAbort = (): void => void scope.close(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  scope.defer(() => signal?.removeEventListener("abort", onAbort));
  return { scope, server };
}

/** One connection: bytes both ways until both directions have ended. */
async function bridge(socket: Socket, device: Pick<Device, "open">, method: string): Promise<void> {
  // What comes before the exporter has opened its side waits in the socket.
  socket.on("error", () => undefined);
  try {
    const stream = await device.open(method);
    socket.once("close", () => stream.destroy());
    await Promise.all([pipeline(socket, stream, { end: true }), pipeline(stream, socket, { end: true })]);
  } finally {
    socket.destroy();
  }
}

function listenError(device: string, shown: string, cause: unknown): JumpstarterError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return code === "EADDRINUSE"
    ? new JumpstarterError(
        `${device} cannot be forwarded to ${shown}: the address is in use; take another, or port 0`,
        {
          code: "failed-precondition",
          reason: "PORT_IN_USE",
          cause,
        },
      )
    : new JumpstarterError(`${device} cannot be forwarded to ${shown}: ${messageOf(cause)}`, {
        code: "invalid-argument",
        reason: "LISTEN_FAILED",
        cause,
      });
}
