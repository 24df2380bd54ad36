import type { Readable } from "node:stream";

import { createRecorder } from "@jumpstarter-ts/console";
import {
  createStreamPair,
  JumpstarterError,
  within,
  type ByteStream,
  type ConsoleMatch,
  type ConsolePattern,
} from "@jumpstarter-ts/core";

export interface FarEndOptions {
  /** Milliseconds to wait; default 5000. */
  readonly timeoutMs?: number;
}

/** The device's end of a wire: what a test holds while the driver under test holds the near end. */
export interface FarEnd extends Disposable {
  /** Sends as the device; resolves when there is room for more. */
  send(data: string | Uint8Array): Promise<void>;
  /** Waits until the other side has sent this, looking from the end of the last match. */
  received(pattern: ConsolePattern, options?: FarEndOptions): Promise<ConsoleMatch>;
  /** Waits until this many bytes have come in all, and returns them. */
  receivedBytes(count: number, options?: FarEndOptions): Promise<Uint8Array>;
  /** Waits until the other side says that it will send no more. */
  ended(options?: FarEndOptions): Promise<void>;
  /** Says that the device will send no more; where the wire allows it, the other direction stays open. */
  end(): Promise<void>;
}

/** A far end that is no one stream: a pseudo-terminal has a side to read, and another way to write and to hang up. */
export interface FarEndParts {
  readonly received: Readable;
  send(data: string | Uint8Array): Promise<void>;
  end(): Promise<void>;
}

const timeoutMs = 5_000;

/** A wire in memory: `near` for the driver under test, `far` for the test. */
export function createPortPair(): { readonly near: ByteStream; readonly far: FarEnd } {
  const { near, far } = createStreamPair();
  return { near, far: createFarEnd(far) };
}

/** Makes a far end of any stream, such as a socket, or of its parts. */
export function createFarEnd(wire: ByteStream | FarEndParts): FarEnd {
  const parts = "received" in wire ? wire : partsOf(wire);
  const readable = parts.received;
  const recorder = createRecorder({ name: "what the far end received" });
  const received = recorder.console();
  const waiting = new Set<() => void>();
  readable.on("data", (chunk: Buffer) => {
    recorder.push(chunk);
    for (const look of waiting) look();
  });
  readable.once("end", () => recorder.end());
  readable.once("close", () => recorder.end());
  // Whoever waits learns of it by the end of the recording.
  readable.on("error", (error) => recorder.end(error));
  const ended = new Promise<void>((resolve) => {
    readable.once("end", resolve).once("close", resolve);
  });

  return {
    send: (data) => parts.send(data),
    end: () => parts.end(),
    received: (pattern, options = {}) => received.waitFor(pattern, { timeout: options.timeoutMs ?? timeoutMs }),
    async receivedBytes(count, options = {}) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => void (recorder.byteLength >= count && resolve());
      waiting.add(look);
      look();
      try {
        await within(promise, { timeoutMs: options.timeoutMs ?? timeoutMs, what: `the arrival of ${count} bytes` });
      } finally {
        waiting.delete(look);
      }
      return recorder.bytes(0, count);
    },
    ended: (options = {}) =>
      within(ended, { timeoutMs: options.timeoutMs ?? timeoutMs, what: "the end of what the other side sends" }),
    [Symbol.dispose]: () => void readable.destroy(),
  };
}

function partsOf(stream: ByteStream): FarEndParts {
  return {
    received: stream,
    async send(data) {
      if (stream.destroyed) throw closedError();
      if (stream.write(data)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      stream.once("drain", resolve).once("close", resolve);
      await promise;
      stream.off("drain", resolve).off("close", resolve);
    },
    end: async () => void stream.end(),
  };
}

function closedError(): JumpstarterError {
  return new JumpstarterError("the far end is closed", { code: "failed-precondition", reason: "FAR_END_CLOSED" });
}
