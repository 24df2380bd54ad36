import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { connect as connectSocket } from "node:net";

import { type Metadata, status as Status } from "@grpc/grpc-js";

import { type CallStatus, statusOfReset } from "./http2-status.ts";

/** A connection over Node's own HTTP/2, made at the first call, and made anew after it broke. */
export interface Http2Connection {
  /** Opens the stream of a call; undefined once it was closed. `method` is `/jumpstarter.v1.RouterService/Stream`. */
  request(method: string, metadata: Metadata): Http2Request | undefined;
  /** Lets calls that run come to their end; refuses new ones. */
  close(): void;
}

export interface Http2Request {
  readonly stream: ClientHttp2Stream;
  /** What it means that the stream was closed without a status. */
  closedStatus(): CallStatus;
}

export interface Http2ConnectionOptions {
  readonly socketPath: string;
  /** HTTP/2 flow control of what is received. */
  readonly windowBytes: number;
}

export function createHttp2Connection({ socketPath, windowBytes }: Http2ConnectionOptions): Http2Connection {
  let session: ClientHttp2Session | undefined;
  let failure: Error | undefined;
  let isOpen = true;

  const connected = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    failure = undefined;
    const fresh = connect("http://localhost", {
      createConnection: () => connectSocket(socketPath),
      settings: { initialWindowSize: windowBytes, enablePush: false },
    });
    fresh.on("connect", () => fresh.setLocalWindowSize(windowBytes));
    fresh.on("error", (error) => (failure = error));
    holdWhileUsed(fresh);
    session = fresh;
    return fresh;
  };

  return {
    request(method, metadata) {
      if (!isOpen) return undefined;
      const current = connected();
      const stream = current.request({
        ...metadata.toHttp2Headers(),
        ":method": "POST",
        ":path": method,
        ":scheme": "http",
        ":authority": "localhost",
        te: "trailers",
        "content-type": "application/grpc",
      });
      // What broke is told by the close, which always comes.
      stream.on("error", () => undefined);
      return {
        stream,
        closedStatus() {
          const isGone = current.closed || current.destroyed;
          const status = statusOfReset(stream.rstCode ?? 0, isGone);
          return isGone && failure !== undefined ? { ...status, details: failure.message } : status;
        },
      };
    },
    close() {
      isOpen = false;
      session?.close();
    },
  };
}

/** The status of a call that was refused because its channel is closed. */
export function shutDownStatus(metadata: Metadata): CallStatus {
  return { code: Status.UNAVAILABLE, details: "Channel has been shut down", metadata };
}

/** What grpc-js throws for a status. */
export function statusError({ code, details, metadata }: CallStatus): Error & CallStatus {
  return Object.assign(new Error(`${code} ${Status[code]}: ${details}`), { code, details, metadata });
}

/** A connection without calls keeps no process alive. */
function holdWhileUsed(session: ClientHttp2Session): void {
  let streams = 0;
  session.unref();
  const request = session.request.bind(session);
  session.request = (...args) => {
    const stream = request(...args);
    if (streams++ === 0) session.ref();
    stream.once("close", () => {
      if (--streams === 0 && !session.destroyed) session.unref();
    });
    return stream;
  };
}
