import { Duplex } from "node:stream";

import { JumpstarterError, type ByteStream, type Logger } from "@jumpstarter-ts/core";

/** The machine's UART as its users see it: one connection at a time, which stays open while the machine is off. */
export interface ConsoleHub {
  /** A machine starts. What nobody has read of the one before is dropped, unless someone is listening. */
  attach(uart: Duplex): void;
  /** The machine has crashed: the connection fails once everything has been read from it. */
  crashed(failure: Error): void;
  /** Throws `failed-precondition` (`SERIAL_IN_USE`) while there is another connection. */
  open(signal: AbortSignal): ByteStream;
  /** Ends the connection, if there is one. */
  close(): void;
}

/** Of a boot to which nobody listens yet, and of one to which someone listens slowly. */
const keptBytes = { unheard: 1024 ** 2, heard: 16 * 1024 ** 2 };

/**
 * QEMU stops the whole machine, QMP included, while its UART cannot be written. So whatever comes is taken at once and
 * kept here; what nobody reads is dropped from the front, as a serial line drops it.
 */
export function createConsoleHub(name: string, log: Logger): ConsoleHub {
  let chunks: Uint8Array[] = [];
  let length = 0;
  let uart: Duplex | undefined;
  let listener: Duplex | undefined;
  let isWanted = false;
  /** What the connection is to fail with. */
  let failing: Error | undefined;

  const drop = (): void => {
    chunks = [];
    length = 0;
  };
  const fail = (ended: Duplex, failure: Error): void => {
    listener = undefined;
    failing = undefined;
    // A tick later: this may run inside the read() that takes the last chunk out.
    process.nextTick(() => ended.destroy(failure));
  };
  const pump = (): void => {
    const reader = listener;
    if (reader === undefined) return;
    while (isWanted) {
      const chunk = chunks.shift();
      if (chunk === undefined) {
        if (failing !== undefined) fail(reader, failing);
        return;
      }
      length -= chunk.length;
      isWanted = reader.push(chunk);
    }
  };
  const take = (chunk: Uint8Array): void => {
    chunks.push(chunk);
    length += chunk.length;
    let lost = 0;
    while (length - lost > (listener === undefined ? keptBytes.unheard : keptBytes.heard)) {
      lost += chunks.shift()?.length ?? 0;
    }
    length -= lost;
    if (lost > 0 && listener !== undefined) log.warning(`${name} lost ${lost} bytes that its listener did not read`);
    pump();
  };

  return {
    attach(started) {
      if (listener === undefined) drop();
      failing = undefined;
      uart = started;
      started.on("data", take);
      started.once("close", () => {
        if (uart === started) uart = undefined;
      });
    },
    crashed(failure) {
      const finish = (): void => {
        failing = listener === undefined ? undefined : failure;
        pump();
      };
      // Its last words may still be on their way.
      if (uart === undefined) finish();
      else uart.once("close", finish);
    },
    open(signal) {
      if (listener !== undefined) throw inUse(name);
      const opened = new Duplex({
        // One chunk: what waits longer waits here, where a failure does not drop it.
        readableHighWaterMark: 1,
        read() {
          isWanted = true;
          pump();
        },
        // A machine that is off hears nothing, and nobody is told, as on a wire.
        write(chunk: Uint8Array, _encoding, done) {
          if (uart === undefined || uart.destroyed) done();
          else uart.write(chunk, () => done());
        },
        destroy(error, done) {
          signal.removeEventListener("abort", stop);
          if (listener === opened) listener = undefined;
          done(error);
        },
      });
      const stop = (): void => void opened.destroy();
      opened.on("error", () => undefined);
      signal.addEventListener("abort", stop, { once: true });
      listener = opened;
      isWanted = false;
      if (signal.aborted) stop();
      return opened;
    },
    close: () => void listener?.destroy(),
  };
}

function inUse(name: string): JumpstarterError {
  return new JumpstarterError(`${name} has a connection already: it carries one at a time, so close that one first`, {
    code: "failed-precondition",
    reason: "SERIAL_IN_USE",
  });
}
