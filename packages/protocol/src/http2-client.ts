import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { connect as connectSocket } from "node:net";
import { Duplex } from "node:stream";

import { Metadata, status as Status } from "@grpc/grpc-js";

import { createFrameReader } from "./frame-reader.ts";
import { writeFrames } from "./frame-writer.ts";
import type { Frame } from "./frames.ts";
import { type CallStatus, readMetadata, readStatus, statusOfReset } from "./http2-status.ts";
import type { ClientStreamCall } from "./tunnel.ts";

/** Opens stream calls over Node's own HTTP/2, several times as fast as grpc-js: nothing of a payload is copied. */
export interface StreamCaller {
  open(metadata?: Metadata): ClientStreamCall;
  /** Lets calls that run come to their end; refuses new ones. */
  close(): void;
}

export interface StreamCallerOptions {
  readonly socketPath: string;
  /** gRPC's name of the method: `/jumpstarter.v1.RouterService/Stream`. */
  readonly method: string;
  /** HTTP/2 flow control of what is received. */
  readonly windowBytes: number;
}

/** A connection of its own, made at the first call, and made anew after it broke. */
export function createStreamCaller({ socketPath, method, windowBytes }: StreamCallerOptions): StreamCaller {
  let session: ClientHttp2Session | undefined;
  let isOpen = true;

  const connected = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const fresh = connect("http://localhost", {
      createConnection: () => connectSocket(socketPath),
      settings: { initialWindowSize: windowBytes, enablePush: false },
    });
    fresh.on("connect", () => fresh.setLocalWindowSize(windowBytes));
    // Its streams tell.
    fresh.on("error", () => undefined);
    holdWhileUsed(fresh);
    session = fresh;
    return fresh;
  };

  return {
    open(metadata = new Metadata()) {
      if (!isOpen) return failedCall({ code: Status.UNAVAILABLE, details: "Channel has been shut down", metadata });
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
      return clientCall(stream, () => current.closed || current.destroyed);
    },
    close() {
      isOpen = false;
      session?.close();
    },
  };
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

/** The stream as grpc-js's call: the same events in the same order. */
function clientCall(stream: ClientHttp2Stream, isConnectionGone: () => boolean): ClientStreamCall {
  let isOver = false;
  let arrived: CallStatus | undefined;
  const reader = createFrameReader((frame) => {
    if (!call.push(frame)) stream.pause();
  }, Infinity);
  const call = frameDuplex(stream, () => isOver);

  const finish = (status: CallStatus): void => {
    if (isOver) return;
    isOver = true;
    drain(stream, reader.push);
    call.push(null);
    if (status.code !== Status.OK) call.emit("error", failure(status));
    call.emit("status", status);
    if (!stream.closed) stream.close(status.code === Status.CANCELLED ? constants.NGHTTP2_CANCEL : undefined);
  };

  stream.on("data", (chunk: Buffer) => {
    try {
      if (!isOver) reader.push(chunk);
    } catch (error) {
      finish({ code: Status.INTERNAL, details: String(error), metadata: new Metadata() });
    }
  });
  stream.pause();
  stream.on("response", (headers) => {
    arrived = readStatus(headers);
    if (arrived === undefined) call.emit("metadata", readMetadata(headers));
    else finish(arrived);
  });
  stream.on("trailers", (headers) => {
    arrived = readStatus(headers);
    // A failure overtakes what was not read yet; the end does not.
    if (arrived !== undefined && arrived.code !== Status.OK) finish(arrived);
  });
  stream.on("end", () => {
    if (arrived !== undefined) finish(arrived);
  });
  // What broke is told by the close, which always comes.
  stream.on("error", () => undefined);
  stream.on("close", () => finish(arrived ?? statusOfReset(stream.rstCode ?? 0, isConnectionGone())));

  // Headers come without data; nobody may be reading yet.
  return Object.assign(call, {
    cancel: () =>
      process.nextTick(finish, {
        code: Status.CANCELLED,
        details: "Cancelled on client",
        metadata: new Metadata(),
      }),
    // grpc-js declares more members than a stream of bytes has any use for.
  }) as unknown as ClientStreamCall;
}

function failedCall(status: CallStatus): ClientStreamCall {
  const call = new Duplex({ objectMode: true, read: () => undefined, write: () => undefined });
  process.nextTick(() => {
    call.push(null);
    call.emit("error", failure(status));
    call.emit("status", status);
  });
  // As above.
  return Object.assign(call, { cancel: () => undefined }) as unknown as ClientStreamCall;
}

function failure({ code, details, metadata }: CallStatus): Error {
  return Object.assign(new Error(`${code} ${Status[code]}: ${details}`), { code, details, metadata });
}

/** Frames in and out of a stream; what is received is pushed by whoever made it. */
export function frameDuplex(stream: Duplex, isOver: () => boolean): Duplex {
  const write = (frames: readonly Frame[], done: () => void): void => {
    if (!isOver()) writeFrames(stream, frames, done);
  };
  return new Duplex({
    objectMode: true,
    autoDestroy: false,
    readableHighWaterMark: 1,
    read: () => void stream.resume(),
    write: (frame: Frame, _encoding, done) => write([frame], done),
    writev: (chunks, done) =>
      write(
        // Of an object stream, these are what was written.
        chunks.map(({ chunk }) => chunk as unknown as Frame),
        done,
      ),
    final(done) {
      if (!stream.writableEnded && !stream.destroyed) stream.end();
      done();
    },
  });
}

/** Reads what a stream that has ended holds still. */
export function drain(stream: Duplex, take: (chunk: Uint8Array) => void): void {
  try {
    for (let chunk: unknown = stream.read(); chunk instanceof Uint8Array; chunk = stream.read()) take(chunk);
  } catch {
    // Half a message at the end of a call that failed.
  }
}
