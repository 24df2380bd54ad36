export type { Device } from "./device.ts";
export type { LogRecord, Severity } from "./log-queue.ts";
export { spawnExporter, type SpawnedExporter, type SpawnExporterOptions } from "./spawn-exporter.ts";
export {
  startExporter,
  type DirectListen,
  type Listen,
  type RunningExporter,
  type StartExporterOptions,
} from "./start-exporter.ts";
export type { RunExporterOptions, RunListen } from "./run-options.ts";
export type { Session } from "./session.ts";
