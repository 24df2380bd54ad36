import { formatDuration } from "@jumpstarter-ts/core";

import type { Recording } from "./recording.ts";
import { describe } from "./search.ts";
import { ConsoleWaitError, type WaitFailure } from "./wait-error.ts";
import { reportWait, withinText, type Since } from "./wait-report.ts";
import type { Waiter } from "./wait.ts";

export interface SilenceOptions {
  readonly since: Since;
  readonly quietMs: number;
  readonly timeoutMs: number;
}

/** A result once nothing has come for a while, counted from the later of the last byte and the start of the wait. */
export function createSilence(recording: Recording, { since, quietMs, timeoutMs }: SilenceOptions): Waiter<undefined> {
  const startedAt = recording.now();
  /** How much of the present quiet lies before the wait began and does not count. */
  let ignored = recording.quietForMs();
  let seenBytes = recording.raw.end;

  const remaining = (): number => {
    if (recording.raw.end !== seenBytes) {
      seenBytes = recording.raw.end;
      ignored = 0;
    }
    return quietMs - (recording.quietForMs() - ignored);
  };

  return {
    // Nothing more can come after the end: that is silence too.
    look: () => (remaining() <= 0 || recording.ended !== undefined ? { value: undefined } : undefined),
    lookAgainMs: () => Math.max(1, remaining()),
    finish(ending) {
      const missing = `a silence of ${formatDuration(quietMs)}`;
      const [reason, summary, cause] = describe(ending, recording, { missing, timeoutMs, startedAt });
      const said =
        ending.kind === "timeout"
          ? `${recording.name} did not fall silent for ${formatDuration(quietMs)}${withinText(timeoutMs)}`
          : summary;
      throw failure(recording, reason, { summary: said, since, startedAt }, cause);
    },
  };
}

/** A result when nothing has come until the time is over; an error with the first byte. */
export function createStillness(
  recording: Recording,
  { since, quietMs, timeoutMs }: SilenceOptions,
): Waiter<undefined> {
  const startedAt = recording.now();
  return {
    look() {
      if (recording.raw.end <= since.mark.byteOffset) return undefined;
      const line = JSON.stringify(recording.text.slice(since.mark.offset, since.mark.offset + 80));
      const summary = `${recording.name} emitted ${line}, but must stay silent for ${formatDuration(quietMs)}`;
      throw failure(recording, "CONSOLE_NOT_SILENT", { summary, since, startedAt });
    },
    finish(ending) {
      if (ending.kind === "timeout") return { value: undefined };
      const missing = `${formatDuration(quietMs)} of silence`;
      const [reason, summary, cause] = describe(ending, recording, { missing, timeoutMs, startedAt });
      throw failure(recording, reason, { summary, since, startedAt }, cause);
    },
  };
}

function failure(
  recording: Recording,
  reason: WaitFailure,
  wait: { readonly summary: string; readonly since: Since; readonly startedAt: number },
  cause?: unknown,
): ConsoleWaitError {
  return new ConsoleWaitError(reason, reportWait(recording, { ...wait, patterns: [] }), cause);
}
