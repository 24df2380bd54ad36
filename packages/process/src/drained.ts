import type { Readable } from "node:stream";

import { clock } from "@jumpstarter-ts/core";

/** What a program has left in the background may hold its pipes open: nobody listens to their silence for longer. */
const silenceMs = 250;
/** Nor to what they say for longer than this many times that. */
const mostLooks = 20;

/** Until streams that are being read have ended, or say nothing any more; then they are closed. */
export async function drained(streams: readonly Readable[]): Promise<void> {
  const silent = Promise.withResolvers<void>();
  let hasHeard = false;
  let looks = 0;
  const look = (): void => {
    looks += 1;
    if (!hasHeard || looks === mostLooks) silent.resolve();
    hasHeard = false;
    timer.refresh();
  };
  // What came meanwhile is read before the immediate: timers run first in a loop that was held up.
  const timer = clock.setTimeout(() => setImmediate(look), silenceMs);
  for (const stream of streams) stream.on("data", () => (hasHeard = true));
  await Promise.race([silent.promise, Promise.all(streams.map(closing))]);
  clock.clearTimeout(timer);
  for (const stream of streams) stream.destroy();
}

async function closing(stream: Readable): Promise<void> {
  if (stream.closed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once("close", resolve);
  await promise;
}
