import { JumpstarterError } from "@jumpstarter-ts/core";

/** Where an exporter listens. */
export type Address = UnixAddress | TcpAddress;

export interface UnixAddress {
  readonly kind: "unix";
  readonly path: string;
}

export interface TcpAddress {
  readonly kind: "tcp";
  /** Name or IP address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `JUMPSTARTER_HOST`: `host:port` if what follows the last colon is an integer from 1 to 65535, else the path of a
 * unix socket, with or without `unix:` or `unix://` before it. Throws `invalid-argument` (`ADDRESS_INVALID`).
 */
export function parseHost(text: string): Address {
  const colon = text.lastIndexOf(":");
  const port = portOf(text.slice(colon + 1));
  if (colon >= 0 && port !== undefined) {
    const host = text.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
    if (host === "") throw invalid(text, "has no host before its port");
    return { kind: "tcp", host, port };
  }
  const path = text.replace(/^unix:(?:\/\/)?/, "");
  if (path === "") throw invalid(text, "is empty");
  if (path.includes("\0")) throw invalid(text, "holds a zero byte");
  return { kind: "unix", path };
}

/** The form that {@link parseHost} reads. */
export function formatHost(address: Address): string {
  return address.kind === "unix" ? address.path : `${bracketed(address.host)}:${address.port}`;
}

/** The form that grpc-js dials and binds. */
export function grpcTarget(address: Address): string {
  return address.kind === "unix" ? `unix:${address.path}` : `${bracketed(address.host)}:${address.port}`;
}

function portOf(text: string): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535 ? port : undefined;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function invalid(text: string, problem: string): JumpstarterError {
  return new JumpstarterError(
    `the address ${JSON.stringify(text)} ${problem}; give host:port, or the path of a unix socket`,
    { code: "invalid-argument", reason: "ADDRESS_INVALID" },
  );
}
