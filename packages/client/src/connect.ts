import { readFile } from "node:fs/promises";
import { matchesGlob } from "node:path/posix";

import type { DriverRegistry } from "@jumpstarter-ts/config";
import { isJumpstarterError, JumpstarterError, messageOf, type AnyDefinition } from "@jumpstarter-ts/core";
import { openChannel, parseHost, type TlsClientOptions } from "@jumpstarter-ts/protocol";

import { createGrpcWire } from "./grpc-wire.ts";
import { createLimit } from "./limit.ts";
import { buildReportTree, clientLabel } from "./report-tree.ts";
import { createSession, type Session } from "./session.ts";
import type { DeviceReport } from "./wire.ts";

export interface ConnectOptions {
  /** A socket path or `host:port`. Default: `JUMPSTARTER_HOST`. */
  readonly host?: string;
  /** Of a direct exporter. Default: `JMP_GRPC_PASSPHRASE`. */
  readonly passphrase?: string;
  /** Plaintext on TCP. Default: `JMP_GRPC_INSECURE` or `JUMPSTARTER_GRPC_INSECURE` is `1`. */
  readonly insecure?: boolean;
  /**
   * Path of the PEM file of the certificates to trust on TCP. Default: `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH`, as all of
   * gRPC's clients, else those of Node.
   */
  readonly certificateAuthority?: string;
  /** Finds the installed definitions. Default: those that can be reached from the working directory. */
  readonly registry?: Pick<DriverRegistry, "definition">;
  /**
   * Globs of the client labels that may be imported; `*` also matches dots. `UNSAFE` allows all. Default: the
   * comma-separated `JMP_DRIVERS_ALLOW`, else all, as only installed packages can be found.
   */
  readonly allow?: readonly string[];
  /** Ends the attempt to connect. */
  readonly signal?: AbortSignal;
  /** For the connection and the exporter's report. Default 20 seconds. */
  readonly timeoutMs?: number;
}

const connectTimeoutMs = 20_000;

/**
 * Connects to an exporter and builds the tree of its devices. Throws `invalid-argument` (`HOST_NOT_SET`) when nobody says
 * where it is, and `unavailable` (`EXPORTER_UNREACHABLE`) when nothing answers there.
 */
export async function connect(options: ConnectOptions = {}): Promise<Session> {
  const { env } = process;
  const host = options.host ?? env["JUMPSTARTER_HOST"] ?? "";
  if (host === "") throw hostNotSet();
  const address = parseHost(host);
  const passphrase = options.passphrase ?? env["JMP_GRPC_PASSPHRASE"];
  const insecure = options.insecure ?? (env["JMP_GRPC_INSECURE"] ?? env["JUMPSTARTER_GRPC_INSECURE"]) === "1";
  const tls =
    address.kind === "unix" || insecure
      ? undefined
      : await tlsOptions(options.certificateAuthority ?? env["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"]);
  using limit = createLimit({
    what: `the connection to the exporter at ${host}`,
    fences: [],
    signal: options.signal,
    timeoutMs: options.timeoutMs ?? connectTimeoutMs,
  });
  limit.signal.throwIfAborted();
  const peer = openChannel({ address, insecure, passphrase, ...(tls === undefined ? {} : { tls }) });
  const wire = createGrpcWire(peer, host);
  try {
    const connected = peer.ready({ signal: limit.signal }).catch((cause: unknown) => {
      throw limit.signal.aborted ? limit.signal.reason : unreachable(host, address.kind === "tcp" && !insecure, cause);
    });
    await limit.race(connected);
    const reports = await limit.race(wire.report({ signal: limit.signal, what: "reading the exporter's devices" }));
    const tree = buildReportTree(reports);
    const registry = options.registry ?? (await defaultRegistry());
    const definitions = await findDefinitions(reports, registry, options.allow ?? allowedByEnvironment());
    return createSession({ wire, tree, definitions });
  } catch (error) {
    await wire[Symbol.asyncDispose]();
    throw error;
  }
}

/** Imports the definitions of the labels that are allowed and installed. */
async function findDefinitions(
  reports: readonly DeviceReport[],
  registry: Pick<DriverRegistry, "definition">,
  allow: readonly string[],
): Promise<ReadonlyMap<string, AnyDefinition>> {
  const labels = new Set(reports.map(({ labels }) => labels[clientLabel] ?? ""));
  const definitions = new Map<string, AnyDefinition>();
  for (const label of labels) {
    if (label === "" || !isAllowed(label, allow)) continue;
    const definition = await registry.definition(label);
    if (definition !== undefined) definitions.set(label, definition);
  }
  return definitions;
}

/** Labels have dots and no slashes, so that `*` matches across their parts. */
function isAllowed(label: string, allow: readonly string[]): boolean {
  return allow.some((glob) => glob === "UNSAFE" || matchesGlob(label, glob));
}

function allowedByEnvironment(): readonly string[] {
  const listed = (process.env["JMP_DRIVERS_ALLOW"] ?? "").split(",").filter((glob) => glob !== "");
  return listed.length === 0 ? ["UNSAFE"] : listed;
}

/** Loaded only where it is needed: it brings the YAML parser with it. */
async function defaultRegistry(): Promise<DriverRegistry> {
  const { createDriverRegistry } = await import("@jumpstarter-ts/config");
  return createDriverRegistry({ from: [process.cwd(), import.meta.dirname] });
}

async function tlsOptions(certificateAuthority: string | undefined): Promise<TlsClientOptions | undefined> {
  if (certificateAuthority === undefined) return undefined;
  const ca = await readFile(certificateAuthority).catch((cause: unknown) => {
    throw new JumpstarterError(
      `the certificate authority ${certificateAuthority} cannot be read: ${messageOf(cause)}`,
      { code: "not-found", reason: "CERTIFICATE_MISSING", cause },
    );
  });
  return { ca };
}

function hostNotSet(): JumpstarterError {
  return new JumpstarterError(
    "there is no exporter to connect to: set JUMPSTARTER_HOST (jmp shell does), or pass { host } to connect()",
    { code: "invalid-argument", reason: "HOST_NOT_SET" },
  );
}

function unreachable(host: string, isTls: boolean, cause: unknown): JumpstarterError {
  // Somebody answers, but not with what was expected: that says all.
  if (isJumpstarterError(cause) && cause.code !== "unavailable") return cause;
  const tls = isTls ? " over TLS" : "";
  const remedy = isTls
    ? ", and that it serves TLS, or allow plaintext (JMP_GRPC_INSECURE=1)"
    : ", and that JUMPSTARTER_HOST (or { host }) is where it listens";
  return new JumpstarterError(`no exporter answers at ${host}${tls}: check that it runs${remedy}`, {
    code: "unavailable",
    reason: "EXPORTER_UNREACHABLE",
    cause,
  });
}
