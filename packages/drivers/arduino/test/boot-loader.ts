import { setImmediate } from "node:timers/promises";

import { openPty } from "../../serial/test/pty.ts";
import { flashBytes } from "../src/firmware.ts";
import { createStk500, type Stk500Options } from "./stk500.ts";

/** An Uno's boot loader behind a real pseudo-terminal: what avrdude finds at the other end of the cable. */
export interface BootLoader extends AsyncDisposable {
  /** The path that avrdude opens. */
  readonly path: string;
  readonly flash: Uint8Array;
  /** Resolves when so many bytes of pages were written. */
  written(bytes: number): Promise<void>;
}

export interface BootLoaderOptions extends Pick<Stk500Options, "wornAt" | "signature" | "diesAfterBytes"> {
  readonly isSilent?: boolean;
}

export function startBootLoader({ isSilent = false, ...options }: BootLoaderOptions = {}): BootLoader {
  const pty = openPty();
  const flash = new Uint8Array(flashBytes).fill(0xff);
  const stk500 = createStk500({ ...options, flash, send: (bytes) => void pty.send(bytes) });
  pty.received.on("data", (chunk: Buffer) => {
    if (!isSilent) stk500.receive(chunk);
  });
  return {
    path: pty.path,
    flash,
    async written(bytes) {
      while (stk500.writtenBytes < bytes) await setImmediate();
    },
    [Symbol.asyncDispose]: () => pty.unplug(),
  };
}
