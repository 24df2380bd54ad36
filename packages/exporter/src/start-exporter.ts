import { createDriverRegistry, type DriverRegistry, type ExporterConfig } from "@jumpstarter-ts/config";
import { createScope, type JumpstarterError } from "@jumpstarter-ts/core";
import {
  createServer,
  ExporterServiceService,
  ExporterStatus,
  RouterServiceService,
  service,
  type PeerServer,
  type Service,
  type TlsServerOptions,
} from "@jumpstarter-ts/protocol";

import { bind, type Bound } from "./bind-address.ts";
import { openTree } from "./device-tree.ts";
import { exporterHandlers } from "./exporter-service.ts";
import type { LogRecord } from "./log-queue.ts";
import { createResourceTable } from "./resource-table.ts";
import { routerHandlers } from "./router-streams.ts";
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
  /** Default: the packages that can be seen from `baseDirectory`, the working directory, and beside this package. */
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
  const exporter = await openExporter(options, {
    // Without a lab there is nothing after the session, but a direct client is told that it was heard.
    onEndSession: "host" in (options.listen ?? {}) ? () => undefined : undefined,
  });
  exporter.session.setStatus(ExporterStatus.EXPORTER_STATUS_LEASE_READY);
  return exporter;
}

/** What happens around the session of an exporter that has more than one client. */
export interface Lifecycle {
  /** What to do when a client says that it is done; `undefined` where there is no lease to end. */
  readonly onEndSession: (() => void) | undefined;
  /** Is told when a client comes, which asks for the devices first. */
  readonly onReport?: () => void;
  /** What a hook wants to tell clients, beside the configuration's own words. */
  readonly hookMotd?: () => string;
  /** Serves the same session on a private unix socket too, which asks for no passphrase: for hooks. */
  readonly hasHookSocket?: boolean;
}

export interface OpenExporter extends RunningExporter {
  readonly hookHost: string | undefined;
}

/** Serves the drivers, in a status that allows no calls yet. */
export async function openExporter(options: StartExporterOptions, lifecycle: Lifecycle): Promise<OpenExporter> {
  const { config, baseDirectory = config.baseDirectory, listen = {}, signal } = options;
  const { registry = createDriverRegistry({ from: [baseDirectory, process.cwd(), import.meta.dirname] }) } = options;
  const scope = createScope(config.metadata.name);
  const session = createSession({ scope, onLog: options.log });
  const onAbort = (): void => void session.close();
  signal?.addEventListener("abort", onAbort);
  try {
    signal?.throwIfAborted();
    session.serve(await openTree({ config, baseDirectory, registry, scope, log: session.log }));
    const services = servicesOf(session, config, lifecycle);
    const server = createServer({ passphrase: "host" in listen ? listen.passphrase : undefined, services });
    const { host, certificate, release } = await bind(server, listen);
    const hooks = lifecycle.hasHookSocket ? createServer({ services }) : undefined;
    const hookAddress = hooks && (await bindBeside(hooks, server, release));
    const close = once(async () => {
      const failures = await session.close();
      await Promise.all([server.close({ graceMs: 500 }), hooks?.close({ graceMs: 500 })]);
      await release();
      await hookAddress?.release();
      return failures;
    });
    if (signal?.aborted) await close();
    signal?.throwIfAborted();
    signal?.removeEventListener("abort", onAbort);
    return {
      host,
      hookHost: hookAddress?.host,
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

/** The second address; without it the first is given up. */
async function bindBeside(hooks: PeerServer, server: PeerServer, release: () => Promise<void>): Promise<Bound> {
  try {
    return await bind(hooks, {});
  } catch (error) {
    await server.close({ graceMs: 0 });
    await release();
    throw error;
  }
}

function servicesOf(session: Session, config: ExporterConfig, lifecycle: Lifecycle): readonly Service[] {
  const resources = createResourceTable();
  const { onEndSession, onReport, hookMotd = () => "" } = lifecycle;
  return [
    service(
      ExporterServiceService,
      exporterHandlers({
        session,
        resources,
        name: config.metadata.name,
        motd: () => [config.motd ?? "", hookMotd()].filter((text) => text !== "").join("\n"),
        onEndSession,
        ...(onReport && { onReport }),
      }),
    ),
    service(RouterServiceService, routerHandlers(session, resources)),
  ];
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= work());
}
