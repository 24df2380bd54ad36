import { constants } from "node:os";

import type { Vitest } from "vitest/node";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Vitest exits at once on a signal, with no clean-up, and leaves its workers driving their devices. From now on the
 * first signal ends the run in order: the running tests are aborted, their devices come back and are put into their
 * safe state. A second signal ends the process at once; the exporters notice and close by themselves.
 */
export function endRunInOrderOnSignals(vitest: Vitest, { deadlineMs }: { readonly deadlineMs: number }): void {
  let isEnding = false;
  const onSignal = (signal: (typeof signals)[number]): void => {
    const exitCode = 128 + constants.signals[signal];
    if (isEnding) process.exit(exitCode);
    isEnding = true;
    // A terminal that has hung up takes no more text.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
    // What vitest finds while it ends is not why it ends.
    process.once("exit", () => void (process.exitCode = exitCode));
    const deadline = setTimeout(() => void vitest.exit(true), deadlineMs);
    void vitest
      .cancelCurrentRun("keyboard-input")
      .catch(() => undefined)
      .then(() => {
        clearTimeout(deadline);
        return vitest.exit(true);
      });
  };
  for (const signal of signals) {
    process.removeAllListeners(signal);
    process.on(signal, onSignal);
  }
}
