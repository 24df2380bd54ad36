import {
  clientStream,
  decodeValue,
  encodeValue,
  ExporterServiceClient,
  ExporterStatus,
  initialMetadata,
  LogSource as WireLogSource,
  Metadata,
  readResourceAnswer,
  RouterServiceClient,
  streamMetadata,
  type ClientStreamCall,
  type DriverCallResponse,
  type EndSessionResponse,
  type GetReportResponse,
  type GetStatusResponse,
  type PeerChannel,
  type StreamTarget,
} from "@jumpstarter-ts/protocol";
import type { ByteStream } from "@jumpstarter-ts/core";

import { wireError } from "./wire-errors.ts";
import type { DeviceReport, ExporterState, LogRecord, LogSource, Wire, WireOptions } from "./wire.ts";

/** The only file that knows gRPC: an exporter at the other end of a channel. Closing it closes the channel. */
export function createGrpcWire(peer: PeerChannel, host: string): Wire {
  const exporter = peer.client(ExporterServiceClient);
  const router = peer.client(RouterServiceClient);

  const openRouterStream = async (
    target: StreamTarget,
    { signal, metadata, what = "the stream" }: WireOptions,
  ): Promise<{ readonly stream: ByteStream; readonly headers: Metadata }> => {
    signal?.throwIfAborted();
    const call = router.stream(merged(streamMetadata(target), metadata));
    try {
      const headers = await initialMetadata(call, { signal, what });
      const stream = clientStream(call, {
        what,
        explain: (status) => wireError(status, { what, host, isDriverCall: true }),
      });
      destroyOnAbort(stream, signal);
      return { headers, stream };
    } catch (error) {
      cancelQuietly(call);
      throw signal?.aborted === true ? signal.reason : wireError(error, { what, host, isDriverCall: true });
    }
  };

  return {
    host,
    async report(options = {}) {
      const what = options.what ?? "the exporter's report";
      const report = await unary<GetReportResponse>(options, { what, host }, (metadata, done) =>
        exporter.getReport({}, metadata, done),
      );
      return report.reports.map(({ uuid, parentUuid, labels, description, methodsDescription }): DeviceReport => ({
        uuid,
        parentUuid,
        labels: Object.fromEntries(labels),
        description,
        methodsDescription: Object.fromEntries(methodsDescription),
      }));
    },
    async call({ uuid, method, args }, options = {}) {
      const request = { uuid, method, args: encodeArguments(args) };
      const named = { what: options.what ?? method, host, isDriverCall: true };
      const { result } = await unary<DriverCallResponse>(options, named, (metadata, done) =>
        exporter.driverCall(request, metadata, done),
      );
      return decodeValue(result);
    },
    async *stream({ uuid, method, args }, options = {}) {
      const request = { uuid, method, args: encodeArguments(args) };
      const named = { what: options.what ?? method, host, isDriverCall: true };
      const open = (metadata: Metadata): Readable<{ readonly result?: Parameters<typeof decodeValue>[0] }> =>
        exporter.streamingDriverCall(request, metadata);
      for await (const { result } of items(options, named, open)) yield decodeValue(result);
    },
    openStream: async ({ uuid, method }, options = {}) =>
      (await openRouterStream({ kind: "driver", uuid, method }, options)).stream,
    async openResource({ uuid, encoding }, options = {}) {
      const target = { kind: "resource", uuid, contentEncoding: encoding ?? null } as const;
      const { stream, headers } = await openRouterStream(target, options);
      const { handle, acceptEncoding } = readResourceAnswer(headers);
      // Python exporters go by the handle, whatever they advertise.
      const isEncodingHandled = acceptEncoding !== undefined || handle.x_jmp_content_encoding !== null;
      return { handle, stream, isEncodingHandled };
    },
    explain: (error, what) => wireError(error, { what, host }),
    async *logs(options = {}) {
      const named = { what: options.what ?? "the exporter's log", host };
      for await (const record of items(options, named, (metadata) => exporter.logStream({}, metadata))) {
        yield {
          severity: record.severity,
          message: record.message,
          source: sourceOf(record.source),
        } satisfies LogRecord;
      }
    },
    async status(options = {}) {
      const named = { what: options.what ?? "the exporter's status", host };
      const { status, message = "" } = await unary<GetStatusResponse>(options, named, (metadata, done) =>
        exporter.getStatus({}, metadata, done),
      );
      return { state: states[status] ?? "unspecified", message };
    },
    async endSession(options = {}) {
      const named = { what: options.what ?? "the end of the session", host };
      const { success, message = "" } = await unary<EndSessionResponse>(options, named, (metadata, done) =>
        exporter.endSession({}, metadata, done),
      );
      return { isEnding: success, message };
    },
    async [Symbol.asyncDispose]() {
      peer.close();
    },
  };
}

interface Named {
  readonly what: string;
  readonly host: string;
  readonly isDriverCall?: boolean;
}

/** A readable call of grpc-js, as far as it is used here. */
interface Readable<T> extends AsyncIterable<T> {
  cancel(): void;
  on(event: "error", listener: (error: unknown) => void): unknown;
}

async function unary<T>(
  { signal, metadata }: WireOptions,
  named: Named,
  start: (metadata: Metadata, done: (error: unknown, response: T) => void) => { cancel(): void },
): Promise<T> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const call = withoutStack(() =>
    start(merged(new Metadata(), metadata), (error, response) => {
      if (error === null) resolve(response);
      else reject(wireError(error, named));
    }),
  );
  const onAbort = (): void => {
    reject(signal?.reason);
    call.cancel();
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await promise;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** grpc-js records a stack for every call, which costs as much as the rest of a call of ours; its errors we make anew. */
function withoutStack<T>(start: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return start();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function* items<T>(
  { signal, metadata }: WireOptions,
  named: Named,
  start: (metadata: Metadata) => Readable<T>,
): AsyncGenerator<T> {
  signal?.throwIfAborted();
  const call = start(merged(new Metadata(), metadata));
  // Whoever iterates sees the error too; the cancellation below comes when nobody does.
  call.on("error", () => undefined);
  const onAbort = (): void => call.cancel();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    yield* call;
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : wireError(error, named);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    call.cancel();
  }
}

/** Ends an open stream with its signal. */
function destroyOnAbort(stream: ByteStream, signal: AbortSignal | undefined): void {
  // A stream that is ended from outside while nobody listens must not take the process with it. Whoever reads or pipes
  // the stream still sees its error.
  stream.on("error", () => undefined);
  if (signal === undefined) return;
  const onAbort = (): void => {
    const { reason } = signal;
    stream.destroy(reason instanceof Error ? reason : new Error(String(reason)));
  };
  if (signal.aborted) return onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", onAbort));
}

/** A call that could not be opened has a reason already; what else it says is nobody's business. */
function cancelQuietly(call: ClientStreamCall): void {
  call.on("error", () => undefined);
  call.cancel();
}

function encodeArguments(args: readonly unknown[]): ReturnType<typeof encodeValue>[] {
  return args.map((value, index) => encodeValue(value, { path: `argument ${index + 1}` }));
}

function merged(metadata: Metadata, more: WireOptions["metadata"] = {}): Metadata {
  for (const [key, value] of Object.entries(more)) metadata.set(key, value);
  return metadata;
}

const states: Readonly<Record<number, ExporterState>> = {
  [ExporterStatus.EXPORTER_STATUS_OFFLINE]: "offline",
  [ExporterStatus.EXPORTER_STATUS_AVAILABLE]: "available",
  [ExporterStatus.EXPORTER_STATUS_BEFORE_LEASE_HOOK]: "before-lease-hook",
  [ExporterStatus.EXPORTER_STATUS_LEASE_READY]: "lease-ready",
  [ExporterStatus.EXPORTER_STATUS_AFTER_LEASE_HOOK]: "after-lease-hook",
  [ExporterStatus.EXPORTER_STATUS_BEFORE_LEASE_HOOK_FAILED]: "before-lease-hook-failed",
  [ExporterStatus.EXPORTER_STATUS_AFTER_LEASE_HOOK_FAILED]: "after-lease-hook-failed",
};

function sourceOf(source: WireLogSource | undefined): LogSource {
  switch (source ?? WireLogSource.LOG_SOURCE_UNSPECIFIED) {
    case WireLogSource.LOG_SOURCE_DRIVER:
      return "driver";
    case WireLogSource.LOG_SOURCE_BEFORE_LEASE_HOOK:
      return "before-lease-hook";
    case WireLogSource.LOG_SOURCE_AFTER_LEASE_HOOK:
      return "after-lease-hook";
    case WireLogSource.LOG_SOURCE_SYSTEM:
    case WireLogSource.LOG_SOURCE_UNSPECIFIED:
    default:
      return "system";
  }
}
