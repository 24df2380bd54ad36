import type { ByteStream, ContentEncoding, JumpstarterError } from "@jumpstarter-ts/core";

/** One entry of the flat list in which an exporter reports its devices, parents before their children. */
export interface DeviceReport {
  readonly uuid: string;
  /** Absent or empty on the root. */
  readonly parentUuid?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly description?: string | undefined;
  /** Help by method name. */
  readonly methodsDescription: Readonly<Record<string, string>>;
}

export interface CallRequest {
  readonly uuid: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface WireOptions {
  /** Ends the call; for a byte stream, also after it is open. */
  readonly signal?: AbortSignal | undefined;
  /** Names the call in an error: `power.on`. */
  readonly what?: string | undefined;
  /** Attached to the call as gRPC metadata. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** A byte stream that is lent to a driver for one call. */
export interface ResourceStream {
  /** Passed to the driver as the argument. */
  readonly handle: unknown;
  /** True if the exporter does the (de)compression that was asked for. */
  readonly isEncodingHandled: boolean;
  readonly stream: ByteStream;
}

/** Where in the exporter a log record was made. */
export type LogSource = "driver" | "before-lease-hook" | "after-lease-hook" | "system";

export interface LogRecord {
  /** Upper case, as upstream's: `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`. */
  readonly severity: string;
  readonly message: string;
  readonly source: LogSource;
}

/** What an exporter says about itself. */
export type ExporterState =
  | "unspecified"
  | "offline"
  | "available"
  | "before-lease-hook"
  | "lease-ready"
  | "after-lease-hook"
  | "before-lease-hook-failed"
  | "after-lease-hook-failed";

export interface SessionStatus {
  readonly state: ExporterState;
  readonly message: string;
}

/** What a session needs of an exporter. Every error is a `JumpstarterError` that holds what the exporter said. */
export interface Wire extends AsyncDisposable {
  /** As the user wrote it: a socket path or `host:port`. */
  readonly host: string;
  report(options?: WireOptions): Promise<readonly DeviceReport[]>;
  call(request: CallRequest, options?: WireOptions): Promise<unknown>;
  stream(request: CallRequest, options?: WireOptions): AsyncIterable<unknown>;
  /** Resolves when the exporter has opened its side. */
  openStream(request: { readonly uuid: string; readonly method: string }, options?: WireOptions): Promise<ByteStream>;
  openResource(
    request: { readonly uuid: string; readonly encoding?: ContentEncoding | undefined },
    options?: WireOptions,
  ): Promise<ResourceStream>;
  /** What the error of an open stream means; `what` names the stream: `console.connect`. */
  explain(error: unknown, what: string): JumpstarterError;
  logs(options?: WireOptions): AsyncIterable<LogRecord>;
  /** An exporter too old to have a status counts as ready. */
  status(options?: WireOptions): Promise<SessionStatus>;
  endSession(options?: WireOptions): Promise<{ readonly isEnding: boolean; readonly message: string }>;
}
