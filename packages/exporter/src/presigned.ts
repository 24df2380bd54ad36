import { PassThrough, Readable } from "node:stream";

import { abortedError, JumpstarterError } from "@jumpstarter-ts/core";
import type { PresignedRequestHandle } from "@jumpstarter-ts/protocol";

import { ended, type BoundResource } from "./resource.ts";

/** Total time for one transfer, as upstream. */
const transferMs = 7_200_000;
const maxRedirects = 10;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Not carried to another origin. */
const secretHeader = /^(?:authorization|cookie|proxy-authorization|x-(?:amz|ms|goog)-.*)$/i;

/** A URL for a driver to read: the exporter fetches it by itself. */
export async function bindPresignedSource(handle: PresignedRequestHandle, signal: AbortSignal): Promise<BoundResource> {
  if (handle.method !== "GET") throw wrongMethod(handle, "read from");
  const response = await follow(handle, AbortSignal.any([signal, AbortSignal.timeout(transferMs)]));
  const stream = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
  const abandon = (): void => void stream.destroy();
  stream.on("error", () => undefined);
  return {
    stream,
    async finish() {
      abandon();
    },
    abandon,
  };
}

/** A URL for a driver to write to: its bytes become the body of one request. */
export async function bindPresignedSink(handle: PresignedRequestHandle, signal: AbortSignal): Promise<BoundResource> {
  if (handle.method !== "PUT") throw wrongMethod(handle, "write to");
  const stream = new PassThrough();
  const stop = new AbortController();
  const body = Readable.toWeb(stream);
  const answer = request(handle.url, {
    method: "PUT",
    headers: handle.headers,
    body,
    duplex: "half",
    redirect: "error",
    signal: AbortSignal.any([signal, stop.signal, AbortSignal.timeout(transferMs)]),
  }).then((response) => checked(response, handle.url));
  answer.catch((error: unknown) => stream.destroy(error instanceof Error ? error : undefined));
  stream.on("error", () => undefined);
  return {
    stream,
    async finish() {
      await Promise.race([ended(stream, stream).then(() => answer), answer]);
      await (await answer).body?.cancel();
    },
    abandon() {
      stop.abort();
      stream.destroy();
    },
  };
}

async function follow({ url, headers }: PresignedRequestHandle, signal: AbortSignal): Promise<Response> {
  let target = new URL(url);
  let sent: Readonly<Record<string, string>> = headers;
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const response = await request(target.href, { headers: sent, redirect: "manual", signal });
    const location = response.headers.get("location");
    if (!redirects.has(response.status) || location === null) return checked(response, target.href);
    await response.body?.cancel();
    const next = new URL(location, target);
    if (next.protocol !== "http:" && next.protocol !== "https:") break;
    if (next.origin !== target.origin) {
      sent = Object.fromEntries(Object.entries(sent).filter(([name]) => !secretHeader.test(name)));
    }
    target = next;
  }
  throw httpError(url, `redirects more than ${maxRedirects} times, or away from http`);
}

async function request(url: string, options: RequestInit & { readonly duplex?: "half" }): Promise<Response> {
  try {
    return await fetch(url, options);
  } catch (cause) {
    const { signal } = options;
    if (signal?.aborted) {
      const isTimeout = signal.reason instanceof DOMException && signal.reason.name === "TimeoutError";
      if (!isTimeout) throw abortedError(`the request to ${redacted(url)}`, signal.reason);
      throw new JumpstarterError(`${redacted(url)} took longer than two hours`, {
        code: "deadline-exceeded",
        reason: "HTTP_TIMEOUT",
      });
    }
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw httpError(url, `cannot be reached: ${inner}`);
  }
}

async function checked(response: Response, url: string): Promise<Response> {
  if (response.ok) return response;
  await response.body?.cancel();
  throw httpError(url, `answered ${response.status} ${response.statusText}`);
}

function wrongMethod({ url, method }: PresignedRequestHandle, use: string): JumpstarterError {
  return new JumpstarterError(
    `the driver wants to ${use} ${redacted(url)}, but the request given for it is a ${method}`,
    {
      code: "invalid-argument",
      reason: "RESOURCE_DIRECTION",
    },
  );
}

function httpError(url: string, problem: string): JumpstarterError {
  return new JumpstarterError(`${redacted(url)} ${problem}`, { code: "internal", reason: "HTTP_FAILED" });
}

/** The query often is the credential. */
function redacted(url: string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search === "" ? "" : "?…"}`;
}
