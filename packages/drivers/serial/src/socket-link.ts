import { once } from "node:events";
import { connect, isIPv6 } from "node:net";

import { JumpstarterError, messageOf, within } from "@jumpstarter-ts/core";

import type { SerialLink } from "./link.ts";

const connectTimeoutMs = 30_000;

export interface SocketLinkOptions {
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal;
}

/** A serial port behind a raw TCP socket, as terminal servers and emulators offer it. It has no modem lines. */
export async function openSocket({ host, port, signal }: SocketLinkOptions): Promise<SerialLink> {
  const socket = connect({ host, port, noDelay: true });
  // Whoever reads is told of an error; without any listener it would end the exporter's process.
  socket.on("error", () => {});
  const name = `socket://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  try {
    await within(once(socket, "connect"), { what: `opening ${name}`, signal, timeoutMs: connectTimeoutMs });
  } catch (cause) {
    socket.destroy();
    if (signal.aborted) throw cause;
    throw new JumpstarterError(`${name} cannot be opened: ${messageOf(innermost(cause))}; is the server up?`, {
      code: "unavailable",
      reason: "SERIAL_SOCKET_UNREACHABLE",
      cause,
    });
  }
  return { stream: socket };
}

function innermost(cause: unknown): unknown {
  return cause instanceof AggregateError ? cause.errors.at(-1) : cause;
}
