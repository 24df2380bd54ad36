import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";

import { Metadata, status as Status } from "@grpc/grpc-js";

/** How a call ended, as grpc-js tells it. */
export interface CallStatus {
  readonly code: Status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** The status in trailers, or in the headers of a call that has nothing else; undefined where there is none. */
export function readStatus(headers: IncomingHttpHeaders): CallStatus | undefined {
  const code = Number(headers["grpc-status"]);
  if (!Number.isInteger(code)) return undefined;
  const details = decodeDetails(String(headers["grpc-message"] ?? ""));
  return { code, details, metadata: readMetadata(headers) };
}

export function writeStatus({ code, details, metadata }: CallStatus): OutgoingHttpHeaders {
  return {
    ...metadata.toHttp2Headers(),
    "grpc-status": String(code),
    ...(details === "" ? {} : { "grpc-message": encodeURI(details) }),
  };
}

/** What of HTTP/2's headers is the call's own. */
export function readMetadata(headers: IncomingHttpHeaders): Metadata {
  const own: IncomingHttpHeaders = {};
  let isEmpty = true;
  for (const key of Object.keys(headers)) {
    if (key.startsWith(":") || transportKeys.has(key)) continue;
    own[key] = headers[key];
    isEmpty = false;
  }
  return isEmpty ? new Metadata() : Metadata.fromHttp2Headers(own);
}

/** What the end of a stream without a status means. */
export function statusOfReset(resetCode: number, isConnectionGone: boolean): CallStatus {
  const metadata = new Metadata();
  if (isConnectionGone) return { code: Status.UNAVAILABLE, details: "Connection dropped", metadata };
  const code = statusOfResetCode[resetCode] ?? Status.INTERNAL;
  return { code, details: `Received RST_STREAM with code ${resetCode}`, metadata };
}

const transportKeys: ReadonlySet<string> = new Set([
  "te",
  "content-type",
  "grpc-status",
  "grpc-message",
  "grpc-accept-encoding",
  "accept-encoding",
]);

const statusOfResetCode: Readonly<Record<number, Status>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: Status.UNAVAILABLE,
  [constants.NGHTTP2_CANCEL]: Status.CANCELLED,
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: Status.RESOURCE_EXHAUSTED,
  [constants.NGHTTP2_INADEQUATE_SECURITY]: Status.PERMISSION_DENIED,
};

function decodeDetails(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
