import { request, type IncomingMessage } from "node:http";

import { abortedError, clock, JumpstarterError, messageOf, type ByteStream } from "@jumpstarter-ts/core";

/** The largest picture, and the longest headers of one, that are taken. */
export const maxFrameBytes = 64 * 1024 ** 2;
const maxHeaderBytes = 16 * 1024;

export interface FramesOptions {
  readonly path: string;
  readonly what: string;
  /** Sent with the request, beside those that are always sent. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds until the first picture has to be there. Default: none. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The pictures of a moving one (MJPEG: `multipart/x-mixed-replace`), read from a connection to a camera's web server,
 * which is closed in the end.
 */
export async function* readFrames(
  connection: ByteStream,
  { path, what, headers = {}, timeoutMs, signal }: FramesOptions,
): AsyncGenerator<Uint8Array> {
  const tooLate =
    timeoutMs === undefined
      ? undefined
      : clock.setTimeout(() => connection.destroy(new Error(`there was no picture within ${timeoutMs} ms`)), timeoutMs);
  const onAbort = (): void => void connection.destroy(abortedError(what, signal?.reason));
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const response = await get(connection, path, headers);
    const boundary = boundaryOf(response, what);
    for await (const picture of parts(response, boundary, what)) {
      clock.clearTimeout(tooLate);
      yield picture;
    }
  } catch (cause) {
    if (signal?.aborted) throw abortedError(what, signal.reason);
    throw cause instanceof JumpstarterError ? cause : broken(what, messageOf(cause), cause);
  } finally {
    clock.clearTimeout(tooLate);
    signal?.removeEventListener("abort", onAbort);
    connection.destroy();
  }
}

/** Node's own client undoes chunked transfer, over a connection that is there already. */
async function get(
  connection: ByteStream,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request({ path, createConnection: () => connection, headers: { host: "camera", connection: "close", ...headers } })
    .once("response", resolve)
    .once("error", reject)
    .end();
  return promise;
}

function boundaryOf({ statusCode, headers }: IncomingMessage, what: string): string {
  const type = headers["content-type"] ?? "";
  const found = /^multipart\/[^;]+;.*\bboundary="?([^";]+)"?/i.exec(type)?.[1];
  if (statusCode !== 200 || found === undefined) {
    throw broken(
      what,
      `the camera answered ${statusCode} with ${type === "" ? "no type" : type} and not a moving picture`,
    );
  }
  // Some cameras write the two dashes into the header.
  return found.startsWith("--") ? found : `--${found}`;
}

async function* parts(response: IncomingMessage, boundary: string, what: string): AsyncGenerator<Uint8Array> {
  let held: Buffer = Buffer.alloc(0);
  // The body of an IncomingMessage without an encoding is buffers.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (;;) {
      const part = nextPart(held, boundary);
      if (part === undefined) break;
      held = held.subarray(part.end);
      yield part.body;
    }
    if (held.length > maxFrameBytes) throw broken(what, `a picture is longer than ${maxFrameBytes} bytes`);
  }
}

/** The first whole part: by its Content-Length, or up to the next boundary. */
function nextPart(held: Buffer, boundary: string): { readonly body: Buffer; readonly end: number } | undefined {
  const at = held.indexOf(boundary);
  if (at < 0) return undefined;
  const headersAt = at + boundary.length;
  const headersEnd = held.indexOf("\r\n\r\n", headersAt);
  if (headersEnd < 0 || headersEnd - headersAt > maxHeaderBytes) return undefined;
  const start = headersEnd + 4;
  const length = /^content-length:\s*(\d+)/im.exec(held.toString("latin1", headersAt, headersEnd))?.[1];
  const next = length === undefined ? held.indexOf(`\r\n${boundary}`, start) : start + Number(length);
  return next < 0 || next > held.length ? undefined : { body: held.subarray(start, next), end: next };
}

function broken(what: string, why: string, cause?: unknown): JumpstarterError {
  return new JumpstarterError(`${what} gave no moving picture: ${why}`, {
    code: "unavailable",
    reason: "VIDEO_NO_STREAM",
    cause,
  });
}
