import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

import { clock } from "@jumpstarter-ts/core";
import type { GuardedProcess } from "@jumpstarter-ts/process";

/** What a script says, taken when its reader is ready: until then it stays in the pipes, which hold it up. */
export interface ScriptOutput {
  /** What came since the last look; characters are whole. */
  take(): readonly [stdout: string, stderr: string];
  /** Waits until there may be more to take. False: the program has ended, and all is taken. */
  more(): Promise<boolean>;
  /** Ends the wait of `more` early. */
  wake(): void;
}

/**
 * How long a program that has ended may leave its pipes silent before nobody listens to what it put into the background
 * any more.
 */
const silenceMs = 250;

export function outputOf({ stdout, stderr, exited }: GuardedProcess): ScriptOutput {
  let woken = Promise.withResolvers<void>();
  let hasExited = false;
  const wake = (): void => woken.resolve();
  const streams = [decodedStream(stdout, wake), decodedStream(stderr, wake)] as const;
  void exited.then(() => {
    hasExited = true;
    wake();
  });
  const isOver = (): boolean => hasExited && streams.every((stream) => stream.hasEnded());

  return {
    wake,
    take: () => [streams[0].take(), streams[1].take()],
    async more() {
      if (isOver()) return false;
      let isSilent = false;
      const timer = hasExited
        ? clock.setTimeout(() => {
            // What has come meanwhile is read before this: timers run first in a loop that was held up.
            setImmediate(() => {
              isSilent = true;
              wake();
            });
          }, silenceMs)
        : undefined;
      await woken.promise;
      clock.clearTimeout(timer);
      woken = Promise.withResolvers();
      const isGivenUp = isSilent && streams.every((stream) => stream.isEmpty());
      return !isGivenUp;
    },
  };
}

function decodedStream(stream: Readable, wake: () => void) {
  const decoder = new StringDecoder("utf8");
  let hasEnded = false;
  let isFlushed = false;
  const onEnd = (): void => {
    hasEnded = true;
    wake();
  };
  stream.on("readable", wake).once("end", onEnd).once("close", onEnd).on("error", onEnd);
  return {
    hasEnded: () => hasEnded && isFlushed,
    isEmpty: () => stream.readableLength === 0,
    take(): string {
      // A pipe of bytes: what is read is a buffer, or nothing.
      const chunk = stream.read() as Buffer | null;
      if (chunk !== null) return decoder.write(chunk);
      if (!hasEnded || isFlushed) return "";
      isFlushed = true;
      return decoder.end();
    },
  };
}
