import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createDriverRegistry, type DriverRegistry, type ExporterConfig } from "@jumpstarter-ts/config";
import { createScope, isJumpstarterError, JumpstarterError, messageOf } from "@jumpstarter-ts/core";
import {
  createServer,
  ExporterServiceService,
  ExporterStatus,
  formatHost,
  RouterServiceService,
  service,
  type PeerServer,
  type TlsServerOptions,
} from "@jumpstarter-ts/protocol";

import { openTree } from "./device-tree.ts";
import { exporterHandlers } from "./exporter-service.ts";
import type { LogRecord } from "./log-queue.ts";
import { createResourceTable } from "./resource-table.ts";
import { routerHandlers } from "./router-streams.ts";
import { selfSigned } from "./self-signed.ts";
import { createSession, type Session } from "./session.ts";

/**
 * Where to listen: a unix socket (in a fresh private directory unless a path is given), or TCP. On TCP there is TLS,
 * with a certificate that the exporter makes for itself unless one is given; plaintext is spelled out.
 */
export type Listen = { readonly unix?: string | undefined } | DirectListen;

export type DirectListen = {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Demanded of every call. */
  readonly passphrase?: string | undefined;
} & (
  { readonly tls?: TlsServerOptions | undefined; readonly insecure?: false | undefined } | { readonly insecure: true }
);

export interface StartExporterOptions {
  readonly config: ExporterConfig;
  /** What relative paths of drivers start from. Default: the directory of the configuration. */
  readonly baseDirectory?: string;
  readonly listen?: Listen;
  /** Default: the packages that can be seen from `baseDirectory` and from the working directory. */
  readonly registry?: DriverRegistry;
  /** Is told every record, beside the clients that read logs. */
  readonly log?: (record: LogRecord) => void;
  /** Ends the start, and closes what is open by then; afterwards `close()` is what ends the exporter. */
  readonly signal?: AbortSignal;
}

/** An exporter in service. Disposing of it closes it. */
export interface RunningExporter extends AsyncDisposable {
  /** For `JUMPSTARTER_HOST`. */
  readonly host: string;
  /** PEM of the certificate that the exporter made for itself: what its clients have to trust. */
  readonly certificate?: string;
  readonly session: Session;
  /** Ends all calls, puts the drivers into their safe state, frees the address. What went wrong is returned. */
  close(): Promise<readonly JumpstarterError[]>;
}

/** Opens the drivers of a configuration and serves them. Whatever fails, nothing is left open. */
export async function startExporter(options: StartExporterOptions): Promise<RunningExporter> {
  const { config, baseDirectory = config.baseDirectory, listen = {}, signal } = options;
  const { registry = createDriverRegistry({ from: [baseDirectory, process.cwd()] }) } = options;
  const scope = createScope(config.metadata.name);
  const session = createSession({ scope, onLog: options.log });
  const onAbort = (): void => void session.close();
  signal?.addEventListener("abort", onAbort);
  try {
    signal?.throwIfAborted();
    session.serve(await openTree({ config, baseDirectory, registry, scope, log: session.log }));
    const isLocal = !("host" in listen);
    const resources = createResourceTable();
    const server = createServer({
      passphrase: isLocal ? undefined : listen.passphrase,
      services: [
        service(
          ExporterServiceService,
          exporterHandlers({
            session,
            resources,
            name: config.metadata.name,
            motd: config.motd,
            // Without a lab there is nothing after the session, but a direct client is told that it was heard.
            onEndSession: isLocal ? undefined : () => undefined,
          }),
        ),
        service(RouterServiceService, routerHandlers(session, resources)),
      ],
    });
    const address = await bind(server, listen);
    const close = once(async () => {
      const failures = await session.close();
      await server.close({ graceMs: 500 });
      await address.release();
      return failures;
    });
    if (signal?.aborted) await close();
    signal?.throwIfAborted();
    session.setStatus(ExporterStatus.EXPORTER_STATUS_LEASE_READY);
    signal?.removeEventListener("abort", onAbort);
    const { host, certificate } = address;
    return {
      host,
      ...(certificate && { certificate }),
      session,
      close,
      [Symbol.asyncDispose]: async () => void (await close()),
    };
  } catch (error) {
    signal?.removeEventListener("abort", onAbort);
    await session.close();
    throw error;
  }
}

interface Bound {
  readonly host: string;
  readonly certificate?: string;
  release(): Promise<void>;
}

async function bind(server: PeerServer, listen: Listen): Promise<Bound> {
  if ("host" in listen) {
    const { host, port } = listen;
    try {
      const secured = listen.insecure === true ? undefined : (listen.tls ?? (await selfSigned(host)));
      const security = secured === undefined ? ({ insecure: true } as const) : { tls: secured };
      const address = await server.listenTcp({ host, port, ...security });
      const made = listen.insecure === true || listen.tls !== undefined ? undefined : secured;
      return {
        host: formatHost(address),
        ...(made && { certificate: String(made.certificateChain) }),
        release: async () => undefined,
      };
    } catch (cause) {
      await server.close();
      throw portError(listen, cause);
    }
  }
  const directory = listen.unix === undefined ? await socketDirectory() : undefined;
  const release = async (): Promise<void> => {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  };
  try {
    const path = listen.unix ?? join(directory ?? tmpdir(), "socket");
    await server.listenUnix(path);
    return { host: path, release };
  } catch (error) {
    await server.close();
    await release();
    throw error;
  }
}

/** Mode 0700, as mkdtemp makes it. */
function socketDirectory(): Promise<string> {
  return mkdtemp(join(process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), "jumpstarter-"));
}

function portError({ host, port }: { readonly host: string; readonly port: number }, cause: unknown): unknown {
  if (!isJumpstarterError(cause) || !messageOf(cause).includes("EADDRINUSE")) return cause;
  return new JumpstarterError(`port ${port} of ${host} is in use: stop what listens there, or choose another port`, {
    code: "failed-precondition",
    reason: "PORT_IN_USE",
    cause,
  });
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= work());
}
