export type { Device } from "./device.ts";
export type { LogRecord, Severity } from "./log-queue.ts";
export {
  prepareExporter,
  spawnExporter,
  type PreparedExporter,
  type SpawnedExporter,
  type SpawnExporterOptions,
} from "./spawn-exporter.ts";
export {
  startExporter,
  type DirectListen,
  type Listen,
  type RunningExporter,
  type StartExporterOptions,
} from "./start-exporter.ts";
export {
  newLease,
  stepLease,
  type HookName,
  type HookResult,
  type LeaseEffect,
  type LeaseEvent,
  type LeaseRules,
  type LeaseState,
} from "./lease-machine.ts";
export { createLeaseRunner, type LeaseEnd, type LeaseRunner, type LeaseRunnerOptions } from "./lease-runner.ts";
export { runExporter } from "./run-exporter.ts";
export type { ExporterReady, RunExporterOptions, RunListen } from "./run-options.ts";
export type { Session } from "./session.ts";
export { runHook, type RunHookOptions } from "./run-hook.ts";
export { serveStandalone, type StandaloneOptions } from "./serve-standalone.ts";
