import { clock, JumpstarterError } from "@jumpstarter-ts/core";

import { createRapidFailureGuard } from "./rapid-failures.ts";
import { startRunProcess, type RunProcess } from "./run-child.ts";
import type { RunExporterOptions } from "./run-options.ts";

/** Before the next start: a device that was unplugged may be back then. */
const restartAfterMs = 1_000;

/**
 * Serves an exporter in a process of its own, and starts it again when a driver has crashed it, until it is stopped: by a
 * signal, by a hook, or because it crashes again and again. The answer is the exit code: 128 and the signal's number, 1
 * for a hook's `exit` and for rapid failures, 0 where the caller stopped it. Throws what keeps it from starting at all.
 */
export async function runExporter(options: RunExporterOptions): Promise<number> {
  const log = options.onLog ?? ((): void => undefined);
  const stopping = listen(options);
  const guard = createRapidFailureGuard();
  try {
    for (let isFirst = true; ; isFirst = false) {
      const startedAt = clock.now();
      const child = startRunProcess(options);
      stopping.attach(child);
      const end = await child.ended;
      if (end.kind === "stopped") return stopping.exitCode() ?? end.exitCode;
      if (end.kind === "failed" && isFirst) {
        throw new JumpstarterError(end.message, { code: end.code, reason: end.reason });
      }
      const what = end.kind === "failed" ? end.message : end.what;
      if (stopping.isAsked()) {
        log(`ERROR:exporter:the exporter crashed while it was stopping: ${what}`);
        return stopping.exitCode() ?? 1;
      }
      if (end.kind === "killed") return end.exitCode;
      if (!guard.mayRestart(clock.now() - startedAt, end.limits)) {
        log(`CRITICAL:exporter:the exporter has crashed too often in too short a time, and stays down: ${what}`);
        return 1;
      }
      log(`WARNING:exporter:the exporter has crashed and is started again: ${what}`);
      if (!(await stopping.pause(restartAfterMs))) return stopping.exitCode() ?? 0;
    }
  } finally {
    stopping.release();
  }
}

interface Stopping {
  attach(child: RunProcess): void;
  isAsked(): boolean;
  /** Of the signal that came, if it was one. */
  exitCode(): number | undefined;
  /** False where the stop came first. */
  pause(ms: number): Promise<boolean>;
  release(): void;
}

const signals = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;

/** The first word to stop cleans up, the second one hurries. */
function listen({ signal, handleSignals = true }: RunExporterOptions): Stopping {
  let child: RunProcess | undefined;
  let asked = 0;
  let exitCode: number | undefined;
  const asking = new AbortController();
  const ask = (): void => {
    asked += 1;
    asking.abort();
    pass();
  };
  const pass = (): void => {
    if (asked > 0) child?.stop();
    if (asked > 1) child?.hurry();
  };
  const onSignal = (name: NodeJS.Signals): void => {
    if (name in signals) exitCode ??= signals[name as keyof typeof signals]; // just checked
    ask();
  };
  const names = handleSignals ? (Object.keys(signals) as NodeJS.Signals[]) : []; // the keys above
  for (const name of names) process.on(name, onSignal);
  signal?.addEventListener("abort", ask);
  if (signal?.aborted) ask();

  return {
    attach(next) {
      child = next;
      pass();
    },
    isAsked: () => asked > 0,
    exitCode: () => exitCode,
    pause(ms) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const timer = clock.setTimeout(() => resolve(true), ms);
      const onAsk = (): void => resolve(false);
      if (asking.signal.aborted) onAsk();
      asking.signal.addEventListener("abort", onAsk);
      return promise.finally(() => {
        clock.clearTimeout(timer);
        asking.signal.removeEventListener("abort", onAsk);
      });
    },
    release() {
      for (const name of names) process.off(name, onSignal);
      signal?.removeEventListener("abort", ask);
    },
  };
}
