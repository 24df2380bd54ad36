import { Metadata } from "@grpc/grpc-js";
import { JumpstarterError } from "@jumpstarter-ts/core";

/** What a client asks `RouterService.Stream` of an exporter to connect it to; travels as JSON in the metadata. */
export type StreamTarget = DriverStreamTarget | ResourceStreamTarget;

export interface DriverStreamTarget {
  readonly kind: "driver";
  /** The driver instance. */
  readonly uuid: string;
  /** Conventionally `connect`. */
  readonly method: string;
}

export interface ResourceStreamTarget {
  readonly kind: "resource";
  /** The driver instance that will be called with the handle. */
  readonly uuid: string;
  /** How the client's bytes are compressed at rest: `gzip`, `xz`, `bz2`, `zstd`; null for not at all. */
  readonly contentEncoding: string | null;
}

/** Names bytes of the client in an argument of a driver call. */
export type ResourceHandle = ClientStreamHandle | PresignedRequestHandle;

/** As it is on the wire: the member names are the peers'. */
export interface ClientStreamHandle {
  readonly kind: "client_stream";
  readonly uuid: string;
  readonly x_jmp_content_encoding: string | null;
}

/** The exporter makes this HTTP request by itself. */
export interface PresignedRequestHandle {
  readonly kind: "presigned_request";
  readonly url: string;
  readonly method: "GET" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
}

/** An exporter's answer to a resource stream. */
export interface ResourceAnswer {
  readonly handle: ClientStreamHandle;
  /** Undefined: not negotiated. Python exporters send the empty string where they mean that. */
  readonly acceptEncoding: string | undefined;
}

const requestKey = "request";
const resourceKey = "resource";
const acceptEncodingKey = "x_jmp_accept_encoding";

/** Most characters of one JSON header; peers refuse 8 KiB of headers together. */
const maxHeaderLength = 4096;

/** The metadata that opens a stream to `target`. */
export function streamMetadata(target: StreamTarget): Metadata {
  const metadata = new Metadata();
  const { kind, uuid } = target;
  const wire =
    target.kind === "driver"
      ? { kind, uuid, method: target.method }
      : { kind, uuid, x_jmp_content_encoding: target.contentEncoding };
  metadata.set(requestKey, asciiJson(wire));
  return metadata;
}

/** Reads what {@link streamMetadata} wrote, by whichever peer. Throws `invalid-argument` (`STREAM_REQUEST_INVALID`). */
export function readStreamTarget(metadata: Metadata): StreamTarget {
  const request = jsonHeader(metadata, requestKey);
  const uuid = text(request, "uuid", requestKey);
  const { kind } = request;
  switch (kind) {
    case "driver":
      return { kind, uuid, method: text(request, "method", requestKey) };
    case "resource":
      return { kind, uuid, contentEncoding: textOrNull(request, "x_jmp_content_encoding", requestKey) };
    default:
      throw invalid(requestKey, `its kind is ${JSON.stringify(kind)}, not "driver" or "resource"`);
  }
}

/** The initial metadata with which an exporter answers a resource stream. */
export function resourceMetadata({ handle, acceptEncoding }: ResourceAnswer): Metadata {
  const metadata = new Metadata();
  metadata.set(resourceKey, asciiJson(handle));
  if (acceptEncoding !== undefined) metadata.set(acceptEncodingKey, acceptEncoding);
  return metadata;
}

/** Reads an exporter's answer to a resource stream. Throws `invalid-argument` (`STREAM_REQUEST_INVALID`). */
export function readResourceAnswer(metadata: Metadata): ResourceAnswer {
  const handle = readResourceHandle(jsonHeader(metadata, resourceKey));
  if (handle.kind !== "client_stream") throw invalid(resourceKey, `its kind is "${handle.kind}", not "client_stream"`);
  const [accepted] = metadata.get(acceptEncodingKey);
  return { handle, acceptEncoding: typeof accepted === "string" && accepted !== "" ? accepted : undefined };
}

/** True for an argument that looks like a handle, so that a broken one is refused and not taken for data. */
export function isResourceHandle(value: unknown): boolean {
  return isRecord(value) && (value["kind"] === "client_stream" || value["kind"] === "presigned_request");
}

/** Checks an argument that should be a handle. Throws `invalid-argument` (`STREAM_REQUEST_INVALID`). */
export function readResourceHandle(value: unknown): ResourceHandle {
  const what = "resource handle";
  if (!isRecord(value)) throw invalid(what, "it is not an object");
  const { kind } = value;
  switch (kind) {
    case "client_stream": {
      const uuid = text(value, "uuid", what);
      return { kind, uuid, x_jmp_content_encoding: textOrNull(value, "x_jmp_content_encoding", what) };
    }
    case "presigned_request":
      return { kind, url: httpUrl(value, what), method: httpMethod(value, what), headers: httpHeaders(value, what) };
    default:
      throw invalid(what, `its kind is ${JSON.stringify(kind)}, not "client_stream" or "presigned_request"`);
  }
}

function jsonHeader(metadata: Metadata, key: string): Readonly<Record<string, unknown>> {
  const [header] = metadata.get(key);
  if (typeof header !== "string") throw invalid(key, "it is missing");
  if (header.length > maxHeaderLength) throw invalid(key, `it is longer than ${maxHeaderLength} characters`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(header);
  } catch (cause) {
    throw invalid(key, "it is not JSON", cause);
  }
  if (!isRecord(parsed)) throw invalid(key, "it is not a JSON object");
  return parsed;
}

function text(record: Readonly<Record<string, unknown>>, member: string, what: string): string {
  const value = record[member];
  if (typeof value !== "string" || value === "") throw invalid(what, `its ${member} is missing or not text`);
  return value;
}

function textOrNull(record: Readonly<Record<string, unknown>>, member: string, what: string): string | null {
  const value = record[member];
  if (value === undefined || value === null || value === "") return null;
  return text(record, member, what);
}

function httpUrl(record: Readonly<Record<string, unknown>>, what: string): string {
  const url = text(record, "url", what);
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
  if (protocol !== "http:" && protocol !== "https:") throw invalid(what, "its url is not an http or https URL");
  return url;
}

function httpMethod(record: Readonly<Record<string, unknown>>, what: string): "GET" | "PUT" {
  const { method } = record;
  if (method !== "GET" && method !== "PUT") throw invalid(what, "its method is neither GET nor PUT");
  return method;
}

function httpHeaders(record: Readonly<Record<string, unknown>>, what: string): Readonly<Record<string, string>> {
  const { headers = {} } = record;
  if (!isRecord(headers)) throw invalid(what, "its headers are not an object");
  const checked: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string") throw invalid(what, `its header ${name} is not text`);
    checked.push([name, value]);
  }
  return Object.fromEntries(checked);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Header values are ASCII, so everything else is escaped. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function invalid(what: string, problem: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(`the ${what} of the stream cannot be used: ${problem}`, {
    code: "invalid-argument",
    reason: "STREAM_REQUEST_INVALID",
    cause,
  });
}
