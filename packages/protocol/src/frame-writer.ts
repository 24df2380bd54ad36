import type { Writable } from "node:stream";

import { prefixBytes } from "./frame-reader.ts";
import { encodeFrame, type Frame, payloadHead } from "./frames.ts";

/** Below, one copy is cheaper than two buffers. */
const smallBytes = 2_048;

/**
 * Writes frames as gRPC's messages into an HTTP/2 stream, together and without copying their payloads. The callback
 * says that they are under way; it is not called for a stream that breaks, whose end says so.
 */
export function writeFrames(stream: Writable, frames: readonly Frame[], callback: () => void): void {
  const last = frames.length - 1;
  stream.cork();
  for (const [index, frame] of frames.entries()) {
    const done = index === last ? (error?: Error | null): void => void (error ?? callback()) : undefined;
    if (frame.frameType !== 0 || frame.payload.length < smallBytes) {
      stream.write(smallMessage(frame), done);
    } else {
      const head = payloadHead(frame.payload.length, prefixBytes);
      writePrefix(head, head.length - prefixBytes + frame.payload.length);
      stream.write(head);
      stream.write(frame.payload, done);
    }
  }
  stream.uncork();
}

function smallMessage(frame: Frame): Buffer {
  const encoded = encodeFrame(frame, prefixBytes);
  writePrefix(encoded, encoded.length - prefixBytes);
  return encoded;
}

function writePrefix(message: Buffer, length: number): void {
  message[0] = 0;
  message.writeUInt32BE(length, 1);
}
