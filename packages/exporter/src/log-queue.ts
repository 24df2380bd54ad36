import type { Logger } from "@jumpstarter-ts/core";
import type { LogSource } from "@jumpstarter-ts/protocol";

export type Severity = "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL";

export interface LogRecord {
  readonly severity: Severity;
  readonly message: string;
  readonly source: LogSource;
  /** Who says it: `driver.grp.power`. */
  readonly logger: string;
}

/** The last records of a session, each handed to one reader only. */
export interface LogQueue {
  push(record: LogRecord): void;
  /** The oldest record, or the next one; `undefined` once the queue is closed and empty, or the reader left. */
  take(signal: AbortSignal): Promise<LogRecord | undefined>;
  /** Lets readers take what is left, and then go. */
  close(): void;
}

/** Most records that wait for a reader, as upstream; the oldest are dropped. */
const maxRecords = 256;

export function createLogQueue(): LogQueue {
  const records: LogRecord[] = [];
  const readers = new Set<(record: LogRecord | undefined) => void>();
  let isClosed = false;

  return {
    push(record) {
      const [reader] = readers;
      if (reader !== undefined) return reader(record);
      records.push(record);
      if (records.length > maxRecords) records.shift();
    },
    take(signal) {
      const record = signal.aborted ? undefined : records.shift();
      if (record !== undefined || isClosed || signal.aborted) return Promise.resolve(record);
      const { promise, resolve } = Promise.withResolvers<LogRecord | undefined>();
      const leave = (): void => reader(undefined);
      const reader = (next: LogRecord | undefined): void => {
        readers.delete(reader);
        signal.removeEventListener("abort", leave);
        resolve(next);
      };
      readers.add(reader);
      signal.addEventListener("abort", leave);
      return promise;
    },
    close() {
      isClosed = true;
      for (const reader of readers) reader(undefined);
    },
  };
}

const levels: Readonly<Record<Severity, number>> = { DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, CRITICAL: 50 };

export const severities: readonly Severity[] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/** A logger that drops what is below its level. */
export function createLogger(
  push: (record: LogRecord) => void,
  {
    logger,
    level = "INFO",
    source,
  }: { readonly logger: string; readonly level?: Severity; readonly source: LogSource },
): Logger {
  const say = (severity: Severity) => (message: string) => {
    if (levels[severity] >= levels[level]) push({ severity, message, source, logger });
  };
  return { debug: say("DEBUG"), info: say("INFO"), warning: say("WARNING"), error: say("ERROR") };
}
