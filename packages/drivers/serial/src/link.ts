import { PassThrough } from "node:stream";

import type { ByteStream } from "@jumpstarter-ts/core";

export interface ModemLines {
  readonly dtr: boolean;
  readonly rts: boolean;
}

/** An open way to a device's UART: a port, a socket, or a loop. Destroying the stream closes it. */
export interface SerialLink {
  readonly stream: ByteStream;
  /** Puts both lines into a state: they cannot be set one at a time. Absent where there are none. */
  readonly setLines?: (lines: ModemLines) => Promise<void>;
}

/** The state in which the system leaves the lines when it opens a port. */
export const linesAfterOpening: ModemLines = { dtr: true, rts: true };

/** What is sent comes back. */
export function openLoop(): SerialLink {
  return { stream: new PassThrough() };
}

/** Closes the link and waits until it is closed. */
export async function closeLink({ stream }: SerialLink): Promise<void> {
  if (stream.closed) return;
  const closed = Promise.withResolvers<void>();
  stream.once("close", closed.resolve);
  stream.destroy();
  await closed.promise;
}
