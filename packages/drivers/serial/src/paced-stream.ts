import { Duplex } from "node:stream";

import { clock, type ByteStream } from "@jumpstarter-ts/core";

import { createPacer } from "./pacing.ts";

/** The same stream, into which no more than `cps` characters a second are written. It is destroyed with the inner one. */
export function pacedStream(inner: ByteStream, cps: number): ByteStream {
  const pacer = createPacer(cps);
  let timer: NodeJS.Timeout | undefined;
  const send = (rest: Uint8Array, done: (error?: Error | null) => void): void => {
    if (rest.length === 0) return done();
    const { lengthBytes, waitMs } = pacer.next(rest.length, clock.now());
    timer = clock.setTimeout(() => {
      inner.write(rest.subarray(0, lengthBytes), (error) => {
        if (error) done(error);
        else send(rest.subarray(lengthBytes), done);
      });
    }, waitMs);
  };
  const outer = new Duplex({
    allowHalfOpen: inner.allowHalfOpen,
    read() {
      inner.resume();
    },
    write(chunk: Uint8Array, _encoding, done) {
      send(chunk, done);
    },
    final(done) {
      inner.end(done);
    },
    destroy(error, done) {
      clock.clearTimeout(timer);
      if (inner.closed) return done(error);
      inner.once("close", () => done(error));
      inner.destroy();
    },
  });
  inner.on("data", (chunk: Uint8Array) => {
    if (!outer.push(chunk)) inner.pause();
  });
  inner.on("end", () => outer.push(null));
  inner.on("error", (error) => outer.destroy(error));
  // After an end it destroys itself, once its reader has seen the end.
  inner.on("close", () => inner.readableEnded || outer.destroy());
  return outer;
}
