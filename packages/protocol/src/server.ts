import type { Http2Server } from "node:http2";

import {
  type ChannelOptions,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { clock, JumpstarterError } from "@jumpstarter-ts/core";

import { type Address, formatHost, grpcTarget, type TcpAddress } from "./address.ts";
import { RouterServiceService } from "./frames.ts";
import { ExporterServiceService } from "./gen/jumpstarter/v1/jumpstarter.ts";
import { type ServeCall, serveStream, takeCalls } from "./http2-server.ts";
import { serveUnary } from "./http2-unary-server.ts";
import { quietGrpc } from "./quiet-grpc.ts";
import { requirePassphrase } from "./passphrase.ts";
import { serverWindowBytes, setWindows } from "./server-windows.ts";
import { claimSocketPath } from "./socket-path.ts";

/** A service and the functions that serve it; made by {@link service}. */
export interface Service {
  readonly definition: ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
}

export interface TlsServerOptions {
  /** PEM. */
  readonly certificateChain: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** PEM of the roots of client certificates, which are then demanded. */
  readonly clientCa?: string | Uint8Array;
}

export interface CreateServerOptions {
  readonly services: readonly Service[];
  /** Demanded of every call. */
  readonly passphrase?: string | undefined;
  /** Default {@link serverWindowBytes}, which says why it is not larger. */
  readonly windowBytes?: number;
  /** Longest message that is accepted. Default 64 MiB. */
  readonly maxReceiveBytes?: number;
}

export interface PeerServer extends AsyncDisposable {
  /**
   * Listens on a unix socket: mode 0600, in a directory that is made with mode 0700 where there is none. A socket that a
   * dead process left is replaced; one that somebody serves is `failed-precondition` (`SOCKET_IN_USE`).
   */
  listenUnix(path: string): Promise<Address>;
  /** Listens on TCP; port 0 takes a free one, and the answer tells which. TLS, or plaintext spelled out. */
  listenTcp(
    options: { readonly host: string; readonly port: number } & (
      { readonly tls: TlsServerOptions } | { readonly insecure: true }
    ),
  ): Promise<TcpAddress>;
  /** Refuses new calls, gives running ones `graceMs` (default 1000), then cuts them. Harmless twice. */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/** Pairs a service with its handlers; the compiler checks that each method has one, of the right kind. */
export function service<Definition extends object>(definition: Definition, handlers: Handlers<Definition>): Service {
  // A generated definition is a ServiceDefinition written as a constant; grpc-js looks handlers up by name.
  return { definition, handlers } as unknown as Service;
}

/** One function for each method of a generated service. */
export type Handlers<Definition> = { readonly [Method in keyof Definition]: Handler<Definition[Method]> };

type Handler<Method> = Method extends {
  readonly requestSerialize: (value: infer Request) => Buffer;
  readonly responseSerialize: (value: infer Response) => Buffer;
  readonly requestStream: infer RequestStream;
  readonly responseStream: infer ResponseStream;
}
  ? RequestStream extends true
    ? ResponseStream extends true
      ? handleBidiStreamingCall<Request, Response>
      : handleClientStreamingCall<Request, Response>
    : ResponseStream extends true
      ? handleServerStreamingCall<Request, Response>
      : handleUnaryCall<Request, Response>
  : never;

/** A gRPC server for byte streams and calls. It may listen on several addresses. */
export function createServer(options: CreateServerOptions): PeerServer {
  quietGrpc();
  const server = new Server(serverOptions(options));
  setWindows(server, options.windowBytes ?? serverWindowBytes, (http2Server) => takeHotCalls(http2Server, options));
  for (const { definition, handlers } of options.services) server.addService(definition, handlers);
  const releases: (() => Promise<void>)[] = [];
  let closing: Promise<void> | undefined;

  async function close(graceMs: number): Promise<void> {
    await shutDown(server, graceMs);
    for (const release of releases) await release();
  }

  return {
    async listenUnix(path) {
      const claim = await claimSocketPath(path);
      const address: Address = { kind: "unix", path };
      await bind(server, address, ServerCredentials.createInsecure());
      releases.push(await claim.taken());
      return address;
    },
    async listenTcp({ host, port, ...security }) {
      const secure = "tls" in security ? tlsCredentials(security.tls) : ServerCredentials.createInsecure();
      const bound = await bind(server, { kind: "tcp", host, port }, secure);
      return { kind: "tcp", host, port: bound };
    },
    close: ({ graceMs = 1000 } = {}) => (closing ??= close(graceMs)),
    [Symbol.asyncDispose]: () => (closing ??= close(1000)),
  };
}

/**
 * The hot methods: byte streams, and driver calls. Not where a passphrase is demanded, for that check is one of grpc-js's
 * calls.
 */
function takeHotCalls(http2Server: Http2Server, options: CreateServerOptions): void {
  const { services, passphrase, maxReceiveBytes = defaultMaxReceiveBytes } = options;
  if (passphrase !== undefined) return;
  const methods = new Map<string, ServeCall>();
  for (const { definition, handlers } of services) {
    // What is compared says which service this is, and service() saw to the types of its handlers.
    if (Object.is(definition, RouterServiceService)) {
      const handler = handlers["stream"] as Handlers<typeof RouterServiceService>["stream"];
      methods.set(RouterServiceService.stream.path, serveStream({ handler, maxReceiveBytes }));
    }
    if (Object.is(definition, ExporterServiceService)) {
      const handler = handlers["driverCall"] as Handlers<typeof ExporterServiceService>["driverCall"];
      const method = ExporterServiceService.driverCall;
      methods.set(method.path, serveUnary({ method, handler, maxReceiveBytes }));
    }
  }
  takeCalls(http2Server, methods);
}

const defaultMaxReceiveBytes = 64 * 1024 ** 2;

function serverOptions({
  passphrase,
  maxReceiveBytes = defaultMaxReceiveBytes,
}: CreateServerOptions): ChannelOptions & {
  interceptors: ReturnType<typeof requirePassphrase>[];
} {
  return {
    "grpc.max_receive_message_length": maxReceiveBytes,
    "grpc.max_send_message_length": -1,
    // Two servers on one TCP port would share its connections at random.
    "grpc.so_reuseport": 0,
    interceptors: passphrase === undefined ? [] : [requirePassphrase(passphrase)],
  };
}

function tlsCredentials({ certificateChain, key, clientCa }: TlsServerOptions): ServerCredentials {
  return ServerCredentials.createSsl(
    clientCa === undefined ? null : Buffer.from(clientCa),
    [{ cert_chain: Buffer.from(certificateChain), private_key: Buffer.from(key) }],
    clientCa !== undefined,
  );
}

function bind(server: Server, address: Address, serverCredentials: ServerCredentials): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(grpcTarget(address), serverCredentials, (error, port) => {
    if (error === null) return resolve(port);
    reject(
      new JumpstarterError(`cannot listen on ${formatHost(address)}: ${error.message}`, {
        code: "failed-precondition",
        reason: "LISTEN_FAILED",
        cause: error,
      }),
    );
  });
  return promise;
}

async function shutDown(server: Server, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.tryShutdown(() => resolve());
  const timer = clock.setTimeout(() => {
    server.forceShutdown();
    resolve();
  }, graceMs);
  await promise;
  clock.clearTimeout(timer);
}
