import { type Duplex, duplexPair, type Readable } from "node:stream";

import { JumpstarterError } from "./errors.ts";

/**
 * Bytes both ways, with back-pressure and half-close: Node's own `Duplex`, so that sockets, serial ports and pipes
 * are byte streams as they come. `end()` closes our direction only; `destroy()` closes both. A stream whose chunk
 * boundaries carry meaning (a datagram, a WebSocket message) is in object mode, which keeps them.
 */
export type ByteStream = Duplex;

/** The two ends of a wire in memory: what is written to one end is read from the other, with back-pressure. */
export function createStreamPair(): { readonly near: ByteStream; readonly far: ByteStream } {
  const [near, far] = duplexPair();
  return { near, far };
}

/** UTF-8 bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Reads to the end; of a byte stream, the other direction stays open. Throws `invalid-argument` (`STREAM_TOO_LONG`) past `limitBytes` (default 64 MiB). */
export async function readAll(
  stream: AsyncIterable<Uint8Array>,
  { limitBytes = 64 * 1024 ** 2 }: { readonly limitBytes?: number } = {},
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Iterating over a Duplex as it is destroys both directions at the end of the one that is read.
  const source = isReadable(stream) ? stream.iterator({ destroyOnReturn: false }) : stream;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > limitBytes) {
      throw new JumpstarterError(`the stream is longer than the ${limitBytes} bytes that are allowed here`, {
        code: "invalid-argument",
        reason: "STREAM_TOO_LONG",
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isReadable(stream: AsyncIterable<Uint8Array>): stream is Readable {
  return "iterator" in stream && typeof stream.iterator === "function";
}
