import type { CallOptions, ContentEncoding, ResourceSink } from "@jumpstarter-ts/core";

import { createMeter, type FlashProgress } from "./flash-progress.ts";
import type { OperationContext } from "./operation.ts";
import { guardStall } from "./stall.ts";

export interface DumpOptions {
  /** How the dump is to be compressed; the exporter does it. */
  readonly encoding?: ContentEncoding | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte moving. Default 2 minutes. */
  readonly stallTimeoutMs?: number | undefined;
}

export interface DumpReport {
  /** As they arrived: compressed, where an encoding was asked for. */
  readonly lengthBytes: number;
}

/** Runs a call that fills a sink; `what` names the device: `board.flasher`. */
export async function dumpInto(
  target: ResourceSink,
  read: (target: ResourceSink, options: CallOptions) => Promise<void>,
  { encoding, stallTimeoutMs = 2 * 60_000, what }: DumpOptions & { readonly what: string },
  context: OperationContext<FlashProgress>,
): Promise<DumpReport> {
  const meter = createMeter((progress) => context.report(progress));
  using guard = guardStall({
    signal: context.signal,
    timeoutMs: stallTimeoutMs,
    what: `the dump of ${what}`,
    seen: () => `${meter.doneBytes()} bytes`,
  });
  meter.enter("reading");
  await read(encoding === undefined ? target : encoded(target, encoding), {
    signal: guard.signal,
    onProgress: ({ doneBytes }) => {
      guard.alive();
      meter.move(doneBytes);
    },
  });
  meter.enter("done");
  return { lengthBytes: meter.doneBytes() };
}

function encoded(target: ResourceSink, encoding: ContentEncoding): ResourceSink {
  return typeof target === "object" && "to" in target ? target : { to: target, encoding };
}
