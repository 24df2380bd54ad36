import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

import {
  abortedError,
  clock,
  JumpstarterError,
  messageOf,
  within,
  type ByteStream,
  type Scope,
} from "@jumpstarter-ts/core";

/** Where a camera's web server listens. */
export type CameraAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly isTls: boolean };

export interface GetOptions {
  readonly signal: AbortSignal;
  /** Sent beside those that are always sent. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly limitBytes: number;
}

/** A camera's web server, as the exporter reaches it. */
export interface Camera {
  /** A connection, closed with the call that opened it and with the device. */
  connect(signal: AbortSignal): Promise<ByteStream>;
  /** What is at a path. Throws unless it is there, within ten seconds, and no longer than allowed. */
  get(path: string, options: GetOptions): Promise<Buffer>;
}

const answerTimeoutMs = 10_000;

export function openCamera(address: CameraAddress, scope: Scope): Camera {
  const what = address.kind === "unix" ? address.path : `${address.host}:${address.port}`;

  const connect: Camera["connect"] = async (signal) => {
    const limits = AbortSignal.any([signal, scope.signal]);
    if (limits.aborted) throw abortedError(`the connection to ${what}`, limits.reason);
    const socket = socketTo(address);
    const stop = (): void => void socket.destroy();
    limits.addEventListener("abort", stop, { once: true });
    // Whoever reads or writes is told; without a listener it would end the exporter's process.
    socket.on("error", () => undefined);
    socket.once("close", () => limits.removeEventListener("abort", stop));
    const isTls = address.kind === "tcp" && address.isTls;
    try {
      const opened = once(socket, isTls ? "secureConnect" : "connect");
      await within(opened, { what: `the connection to ${what}`, timeoutMs: answerTimeoutMs, signal: limits });
      return socket;
    } catch (cause) {
      socket.destroy();
      if (limits.aborted) throw abortedError(`the connection to ${what}`, limits.reason);
      throw failed(`the camera at ${what} cannot be reached: ${messageOf(cause)}`, cause);
    }
  };

  return {
    connect,
    async get(path, { signal, headers = {}, limitBytes }) {
      const stop = new AbortController();
      const timer = clock.setTimeout(() => stop.abort(tooLate(what, path)), answerTimeoutMs);
      const limits = AbortSignal.any([signal, stop.signal]);
      try {
        return await ask(await connect(limits), { path, headers, limitBytes, what });
      } catch (cause) {
        if (limits.aborted) throw abortedError(`${path} of ${what}`, limits.reason);
        if (cause instanceof JumpstarterError) throw cause;
        throw failed(`the camera at ${what} did not give ${path}: ${messageOf(cause)}`, cause);
      } finally {
        clock.clearTimeout(timer);
      }
    },
  };
}

function socketTo(address: CameraAddress): Socket {
  if (address.kind === "unix") return connectTcp({ path: address.path, allowHalfOpen: true });
  const { host, port, isTls } = address;
  if (isTls) return connectTls({ host, port, servername: host });
  return connectTcp({ host, port, allowHalfOpen: true, noDelay: true });
}

interface Ask {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly limitBytes: number;
  readonly what: string;
}

async function ask(connection: ByteStream, { path, headers, limitBytes, what }: Ask): Promise<Buffer> {
  try {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request({ path, createConnection: () => connection, headers: { host: "camera", connection: "close", ...headers } })
      .once("response", resolve)
      .once("error", reject)
      .end();
    const response = await promise;
    if (response.statusCode !== 200) throw failed(`the camera at ${what} answered ${response.statusCode} for ${path}`);
    const chunks: Buffer[] = [];
    let size = 0;
    // The body of an IncomingMessage without an encoding is buffers.
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limitBytes) throw failed(`the camera at ${what} gave more than ${limitBytes} bytes for ${path}`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    connection.destroy();
  }
}

function tooLate(what: string, path: string): JumpstarterError {
  return new JumpstarterError(`the camera at ${what} did not give ${path} within ${answerTimeoutMs} ms`, {
    code: "deadline-exceeded",
    reason: "VIDEO_TIMEOUT",
  });
}

function failed(message: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(message, { code: "unavailable", reason: "VIDEO_UNREACHABLE", cause });
}
