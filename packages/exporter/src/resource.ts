import { finished, pipeline, Readable, Writable, type Duplex } from "node:stream";

import { JumpstarterError, type ByteStream, type ContentEncoding } from "@jumpstarter-ts/core";
import { createDecoder, createEncoder } from "@jumpstarter-ts/encoding";

/** What a driver holds for a resource argument, and what happens when the driver is done with it. */
export interface BoundResource {
  readonly stream: Readable | Writable;
  /** Sends what the driver wrote and tells the client that its resource is free. Rejects where that fails. */
  finish(): Promise<void>;
  /** The same for a call that failed: what the driver did not take or give is dropped. */
  abandon(): void;
}

/** The client's bytes for a driver to read, decompressed. */
export function bindSource(wire: ByteStream, encoding: ContentEncoding | undefined): BoundResource {
  const view = quiet(readView(wire));
  const stream = encoding === undefined ? view : quiet(decode(view, encoding));
  const release = (): void => {
    stream.destroy();
    view.destroy();
    // The client is done when both directions are: what the driver left is read and dropped.
    wire.end();
    wire.resume();
  };
  return {
    stream,
    async finish() {
      release();
    },
    abandon: release,
  };
}

/** A place for a driver's bytes, compressed on their way to the client. */
export function bindSink(wire: ByteStream, encoding: ContentEncoding | undefined): BoundResource {
  const encoder = encoding === undefined ? undefined : encoderFor(wire, encoding);
  const view = quiet(writeView(wire));
  const stream = encoder === undefined ? view : quiet(encode(view, encoder));
  const release = (): void => {
    wire.end();
    wire.resume();
  };
  return {
    stream,
    async finish() {
      try {
        await ended(stream, view);
      } finally {
        release();
      }
    },
    abandon() {
      stream.destroy();
      view.destroy();
      release();
    },
  };
}

/** Ends a stream that may be ended already, and waits until what was written has left. */
export function ended(head: Writable, tail: Writable): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  finished(tail, { readable: false }, (error) => (error ? reject(error) : resolve()));
  if (!head.writableEnded && !head.destroyed) head.end();
  return promise;
}

/** A driver that does not look at its stream must not end the process when the client goes. */
function quiet<T extends Readable | Writable>(stream: T): T {
  stream.on("error", () => undefined);
  return stream;
}

/** One direction of a stream, to be destroyed without the other. */
function readView(wire: ByteStream): Readable {
  const view = new Readable({
    read: () => void wire.resume(),
    destroy(error, callback) {
      wire.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onClose);
      callback(error);
    },
  });
  const onData = (chunk: Uint8Array): void => {
    if (!view.push(chunk)) wire.pause();
  };
  const onEnd = (): void => void view.push(null);
  const onBroken = (error: Error): void => void view.destroy(error);
  const onClose = (): void => {
    if (!wire.readableEnded) view.destroy();
  };
  // Not "data" alone: it would start the flow before the driver reads.
  wire.pause().on("data", onData).on("end", onEnd).on("error", onBroken).on("close", onClose);
  if (wire.destroyed) view.destroy(wire.errored ?? undefined);
  return view;
}

function writeView(wire: ByteStream): Writable {
  const view = new Writable({
    write(chunk: Uint8Array, _encoding, callback) {
      wire.write(chunk, callback);
    },
    destroy(error, callback) {
      wire.off("error", onBroken);
      callback(error);
    },
  });
  const onBroken = (error: Error): void => void view.destroy(error);
  wire.on("error", onBroken);
  if (wire.destroyed) view.destroy(wire.errored ?? undefined);
  return view;
}

function decode(view: Readable, encoding: ContentEncoding): Readable {
  const decoder = createDecoder(encoding);
  view.on("error", (error) => decoder.destroy(error));
  const plain = new Readable({
    read: () => void decoder.resume(),
    destroy(error, callback) {
      decoder.destroy();
      view.destroy();
      callback(error);
    },
  });
  decoder.on("data", (chunk: Uint8Array) => {
    if (!plain.push(chunk)) decoder.pause();
  });
  decoder.on("end", () => plain.push(null));
  decoder.on("error", (error) => plain.destroy(view.errored ?? encodingError(encoding, error)));
  decoder.pause();
  view.pipe(decoder);
  return plain;
}

/** The client may have asked for what can only be undone here, as nobody knew the direction then. */
function encoderFor(wire: ByteStream, encoding: ContentEncoding): Duplex {
  try {
    return createEncoder(encoding);
  } catch (error) {
    wire.destroy();
    throw error;
  }
}

function encodingError(encoding: ContentEncoding, cause: unknown): JumpstarterError {
  return new JumpstarterError(
    `the resource is not ${encoding}, as its client said it was: send it whole, or without an encoding`,
    { code: "invalid-argument", reason: "RESOURCE_NOT_ENCODED", cause },
  );
}

function encode(view: Writable, encoder: Duplex): Writable {
  // Errors reach the driver through the encoder that it writes to, and finish() through the view.
  pipeline(encoder, view, () => undefined);
  return encoder;
}
