import { closeSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Readable } from "node:stream";
import { ReadStream } from "node:tty";

import * as nodePty from "@homebridge/node-pty-prebuilt-multiarch";
import { z } from "zod";

/** The far end of a real pseudo-terminal: what a device on a serial line would be. */
export interface Pty extends AsyncDisposable {
  /** The path that a driver opens. */
  readonly path: string;
  /** What the driver sends. */
  readonly received: Readable;
  /** Sends to the driver; resolves when the system has all of it. */
  send(data: string | Uint8Array): Promise<void>;
  /** Hangs up, as a USB adapter does that is pulled out. */
  unplug(): Promise<void>;
}

// The package's own open() reads the driver's side of the pair, too, and would take its bytes.
const { native } = z
  .object({ native: z.object({ open: z.custom<(columns: number, rows: number) => unknown>() }) })
  .parse(nodePty);
const pair = z.object({ master: z.int(), slave: z.int(), pty: z.string() });

export function openPty(): Pty {
  const { master, slave, pty } = pair.parse(native.open(80, 24));
  const received = new ReadStream(master);
  // EIO, when the driver's side is gone.
  received.on("error", () => {});
  let isPlugged = true;
  const unplug = async (): Promise<void> => {
    if (!isPlugged) return;
    isPlugged = false;
    const closed = new Promise((resolve) => received.once("close", resolve));
    closeSync(slave);
    received.destroy();
    await closed;
  };
  // Not by the stream, whose writes to this side of a terminal block the whole process while nobody reads.
  const send = async (data: string | Uint8Array): Promise<void> => {
    let rest = Buffer.from(data);
    while (rest.length > 0) {
      rest = rest.subarray(writeSome(master, rest));
      if (rest.length > 0) await setImmediate();
    }
  };
  return { path: pty, received, send, unplug, [Symbol.asyncDispose]: unplug };
}

function writeSome(descriptor: number, data: Uint8Array): number {
  try {
    return writeSync(descriptor, data);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0;
    throw error;
  }
}
