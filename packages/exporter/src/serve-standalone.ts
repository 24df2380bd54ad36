import type { DriverRegistry, ExporterConfig } from "@jumpstarter-ts/config";
import { ExporterStatus, LogSource } from "@jumpstarter-ts/protocol";

import { withMotdFile } from "./hook-motd.ts";
import type { HookName, HookResult } from "./lease-machine.ts";
import { createLeaseRunner, type LeaseEnd, type LeaseRunner } from "./lease-runner.ts";
import type { LogRecord } from "./log-queue.ts";
import { runHook } from "./run-hook.ts";
import { openExporter, type Listen, type OpenExporter } from "./start-exporter.ts";

export interface StandaloneOptions {
  readonly config: ExporterConfig;
  readonly listen: Listen;
  readonly registry?: DriverRegistry;
  /** Of hooks. Default: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Of hooks. Default: the working directory. */
  readonly cwd?: string;
  readonly log?: (record: LogRecord) => void;
  readonly onReady?: (exporter: OpenExporter) => void;
  /** Ends everything: a running beforeLease is cut short, and afterLease runs. */
  readonly stop: AbortSignal;
  /** Cuts every hook short. */
  readonly hurry?: AbortSignal;
  /** Between asking a hook to end and ending it. Default 5000. */
  readonly killAfterMs?: number;
}

/**
 * Serves an exporter without a lab until it is stopped or a hook asks for its end. beforeLease runs at the start and
 * afterLease at the end, or when a client ends its session; then the next client's arrival begins a new round.
 */
export async function serveStandalone(options: StandaloneOptions): Promise<LeaseEnd> {
  const { config, listen, registry, log, stop, hurry } = options;
  const { beforeLease, afterLease } = config.hooks;
  const arrivals = createSignalPost();
  let runner: LeaseRunner | undefined;
  let motd = "";
  const exporter = await openExporter(
    { config, listen, signal: stop, ...(registry && { registry }), ...(log && { log }) },
    {
      onEndSession: () => runner?.endSession(),
      onReport: arrivals.notify,
      hookMotd: () => motd,
      hasHookSocket: beforeLease !== undefined || afterLease !== undefined,
    },
  );
  const onStop = (): void => runner?.stop();
  const onHurry = (): void => runner?.hurry();
  stop.addEventListener("abort", onStop);
  hurry?.addEventListener("abort", onHurry);
  try {
    options.onReady?.(exporter);
    for (;;) {
      runner = createRound(options, exporter, (text) => (motd = text));
      if (stop.aborted) runner.stop();
      runner.begin();
      const end = await runner.ended;
      if (end.isStopping || config.exitOnLeaseEnd) return end;
      if (!(await arrivals.next(stop))) {
        exporter.session.setStatus(ExporterStatus.EXPORTER_STATUS_OFFLINE, "Exporter shutting down");
        return { exitCode: 0, isStopping: true };
      }
    }
  } finally {
    stop.removeEventListener("abort", onStop);
    hurry?.removeEventListener("abort", onHurry);
    await exporter.close();
  }
}

function createRound(
  options: StandaloneOptions,
  { session, hookHost }: OpenExporter,
  onMotd: (text: string) => void,
): LeaseRunner {
  const { hooks, baseDirectory } = options.config;
  const { env = process.env, cwd = process.cwd() } = options;
  const run = async (name: HookName, signal: AbortSignal): Promise<HookResult> => {
    const hook = hooks[name];
    if (hook === undefined || hookHost === undefined) return { end: "ok" };
    const start = (motdFile?: string): Promise<HookResult> =>
      runHook({
        name,
        hook,
        surroundings: { env, hookHost, leaseName: "standalone", clientName: "", motdFile },
        directories: [baseDirectory, cwd],
        cwd,
        log: session.log,
        signal,
        ...(options.killAfterMs !== undefined && { killAfterMs: options.killAfterMs }),
      });
    return name === "beforeLease" ? withMotdFile(start, onMotd) : start();
  };
  return createLeaseRunner({
    rules: {
      onFailure: { beforeLease: hooks.beforeLease?.onFailure, afterLease: hooks.afterLease?.onFailure },
      isStandalone: true,
    },
    runHook: run,
    report(status, message) {
      session.setStatus(status, message);
      session.log({ severity: "INFO", message, source: LogSource.LOG_SOURCE_SYSTEM, logger: "exporter" });
    },
  });
}

interface SignalPost {
  readonly notify: () => void;
  /** Resolves at the next notice, with false where the signal comes first. */
  next(signal: AbortSignal): Promise<boolean>;
}

function createSignalPost(): SignalPost {
  let waiting: ((isNotice: boolean) => void) | undefined;
  return {
    notify: () => waiting?.(true),
    next(signal) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const onAbort = (): void => resolve(false);
      waiting = resolve;
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort);
      return promise.finally(() => {
        waiting = undefined;
        signal.removeEventListener("abort", onAbort);
      });
    },
  };
}
