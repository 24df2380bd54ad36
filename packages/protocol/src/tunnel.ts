import { Duplex } from "node:stream";

import type { ClientDuplexStream, Metadata, ServerDuplexStream } from "@grpc/grpc-js";
import { abortedError, clock, JumpstarterError, type ByteStream } from "@jumpstarter-ts/core";
import { countSpent } from "@jumpstarter-ts/encoding";

import { type Frame, FrameType, maxFramePayloadBytes } from "./frames.ts";
import { fromStatus, toStatus } from "./status.ts";

export type ClientStreamCall = ClientDuplexStream<Frame, Frame>;
export type ServerStreamCall = ServerDuplexStream<Frame, Frame>;

export interface StreamOptions {
  /** Names the stream in errors: `the stream of console.connect`. Default `the stream`. */
  readonly what?: string;
  /** Object mode: each chunk is one frame, and so one datagram, in both directions. */
  readonly datagrams?: boolean;
  /** What a client's stream ends with when its call fails. Default: the status as {@link fromStatus} tells it. */
  readonly explain?: (status: unknown) => Error;
}

/**
 * The client's end of a `RouterService.Stream` call as a byte stream. `end()` says that no more will be sent, and leaves
 * the other direction open; the peer's end mark, its half-close and the end of the call are the readable's end. When both
 * directions have ended, the call is over: a peer that does not end it within a second is sent a cancellation, as Python
 * exporters never end it. `destroy()` cancels at once. A call that fails before the peer's end mark destroys the
 * stream with the error, after what had arrived was read. Frames without payload are not delivered.
 */
export function clientStream(call: ClientStreamCall, options: StreamOptions = {}): ByteStream {
  const wire = createWire(call, options);
  let failure: Error | undefined;
  call.on("error", (error: unknown) => {
    failure = options.explain?.(error) ?? brokenBy(error, wire.what);
  });
  // The error overtakes frames that wait in the call; the end does not.
  call.on("end", () => (failure === undefined ? wire.endReading() : wire.fail(failure)));
  call.on("status", () => wire.endWriting(failure));
  return wire.open({
    finish: () => call.end(),
    settle: () => {
      if (wire.isCallOver()) return;
      // The last frames are under way: a cancellation now could overtake them.
      const timer = clock.setTimeout(() => call.cancel(), lingerMs);
      timer.unref();
      call.once("status", () => clock.clearTimeout(timer));
    },
    abort: () => call.cancel(),
  });
}

/**
 * The server's end of a `RouterService.Stream` call as a byte stream; see {@link clientStream}. The call stays open after
 * `end()` until the other direction has ended too; then it ends with OK. `destroy(error)` ends it with the error.
 */
export function serverStream(call: ServerStreamCall, options: StreamOptions = {}): ByteStream {
  const wire = createWire(call, options);
  // A client that vanished looks like a half-close first, and like a cancellation in the same turn.
  call.on("end", () => setImmediate(() => call.cancelled || wire.endReading()));
  const stream = wire.open({
    finish: () => undefined,
    settle: () => call.end(),
    abort: (error) => {
      if (error) call.emit("error", toStatus(error));
      else call.end();
    },
  });
  call.on("cancelled", () => {
    // grpc-js is about to drop what it holds.
    while (call.read() !== null);
    const error = gone(wire.what);
    wire.endWriting(error);
    if (stream.destroyed) return;
    if (wire.isReading()) {
      stream.destroy(error);
      return;
    }
    // The client sent its end mark and left, which is no failure; what it sent may still be read, for a while.
    const timer = clock.setTimeout(() => stream.destroy(), lingerMs);
    finishedReading(stream, () => stream.destroy());
    stream.once("close", () => clock.clearTimeout(timer));
  });
  return stream;
}

/** A cancellation of our own comes after the stream's end: the one that is met here is the peer's, which cut the call. */
function brokenBy(status: unknown, what: string): JumpstarterError {
  const error = fromStatus(status, `${what} broke`);
  return error.reason === "RPC_CANCELLED" ? gone(what) : error;
}

/** Resolves with the headers that an exporter sends once the stream is connected. A router sends none: do not wait. */
export async function initialMetadata(
  call: ClientStreamCall,
  { signal, what = "the stream" }: { readonly signal?: AbortSignal | undefined; readonly what?: string } = {},
): Promise<Metadata> {
  const { promise, resolve, reject } = Promise.withResolvers<Metadata>();
  const onError = (error: unknown): void => reject(fromStatus(error, `${what} could not be opened`));
  const onStatus = (): void => reject(gone(what));
  const onAbort = (): void => {
    reject(abortedError(`the opening of ${what}`, signal?.reason));
    call.cancel();
  };
  call.once("metadata", resolve);
  call.on("error", onError);
  call.once("status", onStatus);
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await promise;
  } finally {
    // The listener for errors stays: without one, grpc-js's cancellation would be an uncaught exception.
    call.off("metadata", resolve);
    call.off("status", onStatus);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** How long a peer may take to end a call that is over in both directions. */
const lingerMs = 1000;

/** Frames that may wait for a reader; beyond, the call is paused and HTTP/2's flow control holds the peer. */
const maxQueuedFrames = 8;

interface Ends {
  /** After our end mark was sent. */
  readonly finish: () => void;
  /** After both directions ended well. */
  readonly settle: () => void;
  /** After anything else. */
  readonly abort: (error: Error | null) => void;
}

interface Writable<T> {
  write(chunk: T, callback?: Callback): unknown;
}

type Callback = (error?: Error | null) => void;

/** The part that both roles share: a queue of what arrived, and frames out of what is written. */
function createWire(
  call: ClientStreamCall | ServerStreamCall,
  { what = "the stream", datagrams = false }: StreamOptions,
) {
  const queue: Uint8Array[] = [];
  /** Of a datagram that has not arrived whole. */
  const parts: Uint8Array[] = [];
  let reading: "open" | "ended" | "failed" = "open";
  let failure: Error | undefined;
  let isWanted = false;
  let isFinished = false;
  let callOver: Error | undefined;
  let pending: Callback | undefined;

  const stream = new Duplex({
    objectMode: datagrams,
    // One chunk: whatever waits longer waits in our queue, where a failure cannot drop it.
    readableHighWaterMark: 1,
    read() {
      isWanted = true;
      feed();
    },
    write(chunk: Uint8Array | string, _encoding, callback) {
      write(typeof chunk === "string" ? Buffer.from(chunk) : chunk, callback);
    },
    ...(datagrams ? {} : { writev }),
    final(callback) {
      isFinished = true;
      if (callOver !== undefined) return callback();
      pending = () => {
        ends?.finish();
        callback();
      };
      send({ payload: nothing, frameType: FrameType.FRAME_TYPE_GOAWAY }, settleWrite);
    },
    destroy(error, callback) {
      const isOrderly = error === null && isFinished && reading === "ended" && queue.length === 0;
      reading = "failed";
      queue.length = 0;
      if (isOrderly) ends?.settle();
      else ends?.abort(error);
      callback(error);
      settleWrite(error ?? gone(what));
      // What still arrives is dropped, so that the call comes to its end.
      call.resume();
    },
  });
  let ends: Ends | undefined;

  /** Gives the reader one chunk, the end or the failure, whichever is next. */
  function feed(): void {
    const chunk = isWanted ? queue.shift() : undefined;
    if (chunk !== undefined) {
      isWanted = false;
      stream.push(chunk);
      if (queue.length < maxQueuedFrames && call.isPaused()) call.resume();
    } else if (reading === "ended" && isWanted) {
      isWanted = false;
      stream.push(null);
    } else if (reading === "failed" && queue.length === 0 && (isWanted || stream.readableLength === 0)) {
      // A tick later: this may run inside the read() that takes the last chunk out.
      process.nextTick(() => stream.destroy(failure));
    }
  }

  function endReading(): void {
    if (reading !== "open") return;
    reading = "ended";
    feed();
  }

  function fail(error: Error): void {
    if (reading !== "open") return;
    reading = "failed";
    failure = error;
    feed();
  }

  /** The call is over: nothing can be written any more. */
  function endWriting(error: Error | undefined): void {
    callOver = error ?? gone(what);
    settleWrite(callOver);
  }

  function settleWrite(error?: Error | null): void {
    const callback = pending;
    pending = undefined;
    callback?.(error);
  }

  function writev(chunks: readonly { readonly chunk: Buffer }[], callback: Callback): void {
    write(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback);
  }

  function write(chunk: Uint8Array, callback: Callback): void {
    if (callOver !== undefined) return callback(callOver);
    pending = callback;
    // What is sent was mostly read for that.
    countSpent(chunk.length);
    const frameBytes = datagrams ? Math.max(1, chunk.length) : maxFramePayloadBytes;
    let from = 0;
    call.cork();
    for (; from + frameBytes < chunk.length; from += frameBytes)
      send(dataFrame(chunk.subarray(from, from + frameBytes)));
    send(dataFrame(chunk.subarray(from)), settleWrite);
    call.uncork();
  }

  function send(frame: Frame, callback?: Callback): void {
    // The two kinds of call declare the same write() with overloads that a union cannot call.
    (call as Writable<Frame>).write(frame, callback);
  }

  call.on("data", ({ payload, frameType, isPartial = false }: Frame) => {
    if (reading !== "open") return;
    if (frameType === FrameType.FRAME_TYPE_GOAWAY) return endReading();
    // An empty frame means nothing, except that a forwarder met a ping.
    if (frameType !== FrameType.FRAME_TYPE_DATA || payload.length === 0) return;
    countSpent(payload.length);
    if (datagrams && (isPartial || parts.length > 0)) {
      parts.push(payload);
      if (!isPartial) queue.push(Buffer.concat(parts.splice(0)));
    } else queue.push(payload);
    if (queue.length >= maxQueuedFrames) call.pause();
    feed();
  });

  return {
    what,
    endReading,
    fail,
    endWriting,
    isCallOver: () => callOver !== undefined,
    /** Until the peer's end mark. */
    isReading: () => reading === "open",
    open(roleEnds: Ends): ByteStream {
      ends = roleEnds;
      return stream;
    },
  };
}

function finishedReading(stream: Duplex, callback: () => void): void {
  if (stream.readableEnded) callback();
  else stream.once("end", callback);
}

const nothing = new Uint8Array(0);

function dataFrame(payload: Uint8Array): Frame {
  return { payload, frameType: FrameType.FRAME_TYPE_DATA };
}

function gone(what: string): JumpstarterError {
  return new JumpstarterError(`${what} is closed: the peer ended the call`, {
    code: "unavailable",
    reason: "STREAM_CLOSED",
  });
}
