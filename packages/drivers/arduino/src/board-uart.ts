import { Duplex } from "node:stream";

import { JumpstarterError } from "@jumpstarter-ts/core";

/** What a stream may fall behind before it is given up: 90 seconds of unread output at 115200 baud. */
const largestBacklogBytes = 1_048_576;

/** All open streams on the board's UART. Each hears everything from when it was opened; what they write is joined. */
export interface BoardUart {
  open(): Duplex;
  /** Bytes that the chip sent. */
  receive(bytes: Uint8Array): void;
  /** The chip took this many of the bytes that were written. */
  taken(count: number): void;
  /** Ends every stream, with an error if there was one. */
  close(error?: Error): void;
}

export function createBoardUart(sendToChip: (bytes: Uint8Array) => void): BoardUart {
  const streams = new Set<Duplex>();
  /** Writes that are on their way, oldest first. */
  const writes: { left: number; readonly done: () => void }[] = [];
  let closedBy: { readonly error: Error | undefined } | undefined;

  return {
    open() {
      const stream = new Duplex({
        readableHighWaterMark: largestBacklogBytes,
        read() {},
        write(chunk: Buffer, _encoding, callback) {
          if (chunk.length === 0 || closedBy !== undefined) {
            callback(closedBy?.error);
            return;
          }
          // Answered when the chip has taken the last byte: this is the back-pressure of the serial line.
          writes.push({ left: chunk.length, done: () => callback() });
          sendToChip(chunk);
        },
        destroy(error, callback) {
          streams.delete(stream);
          callback(error);
        },
      });
      if (closedBy === undefined) streams.add(stream);
      else end(stream, closedBy.error);
      return stream;
    },
    receive(bytes) {
      for (const stream of streams) {
        if (stream.readableLength + bytes.length > largestBacklogBytes) stream.destroy(overrun());
        else stream.push(bytes);
      }
    },
    taken(count) {
      let left = count;
      for (let [first] = writes; first !== undefined && left > 0; [first] = writes) {
        const part = Math.min(left, first.left);
        left -= part;
        first.left -= part;
        if (first.left > 0) return;
        writes.shift();
        first.done();
      }
    },
    close(error) {
      if (closedBy !== undefined) return;
      closedBy = { error };
      for (const { done } of writes.splice(0)) done();
      for (const stream of streams) end(stream, error);
      streams.clear();
    },
  };
}

function end(stream: Duplex, error: Error | undefined): void {
  if (error === undefined) stream.push(null);
  else stream.destroy(error);
}

function overrun(): JumpstarterError {
  return new JumpstarterError(
    `nobody read this UART stream, and ${largestBacklogBytes} bytes are waiting in it: read it, or close it`,
    { code: "unavailable", reason: "UART_OVERRUN" },
  );
}
