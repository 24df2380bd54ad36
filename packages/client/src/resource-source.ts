import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { JumpstarterError, type ContentEncoding, type ResourceSource } from "@jumpstarter-ts/core";

import { chunkBytes, readFileBlocks } from "./file-blocks.ts";

/** Bytes that go from here to the exporter. */
export interface Upload {
  readonly kind: "upload";
  /** For people: `the file firmware.hex`. */
  readonly what: string;
  readonly encoding: ContentEncoding | undefined;
  readonly totalBytes: number | undefined;
  /**
   * Chunks of at most half a MiB; called once. With `reuses` a chunk counts until the next one is asked for: its memory
   * is then written anew.
   */
  read(options?: { readonly reuses?: boolean }): AsyncIterable<Uint8Array>;
}

/** Bytes that the exporter fetches by itself. */
export interface RemoteResource {
  readonly kind: "remote";
  /** Passed to the driver as the argument. */
  readonly handle: unknown;
}

/**
 * Makes a source ready before the call is made, so that a missing file costs no call. Throws `not-found`
 * (`RESOURCE_FILE_MISSING`), or `invalid-argument` (`RESOURCE_INVALID`) for what cannot be sent; `what` names the
 * argument: `argument 1 (source) of flasher.flash`.
 */
export async function prepareSource(source: ResourceSource, what: string): Promise<Upload | RemoteResource> {
  const { from, encoding } = isEncoded(source) ? source : { from: source, encoding: undefined };
  if (from instanceof Uint8Array) {
    return upload(`${from.byteLength} bytes`, encoding, from.byteLength, () => slices([from]));
  }
  if (typeof from === "string" || from instanceof URL) return prepareLocation(from, encoding, what);
  if (isAsyncIterable(from)) return upload("a stream", encoding, undefined, () => slices(from));
  throw invalidSource(`${what} is not a path, a URL, bytes or a stream of bytes`);
}

function isEncoded(source: ResourceSource): source is Extract<ResourceSource, { readonly encoding: unknown }> {
  return typeof source === "object" && source !== null && "encoding" in source && "from" in source;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

async function prepareLocation(
  location: string | URL,
  encoding: ContentEncoding | undefined,
  what: string,
): Promise<Upload | RemoteResource> {
  const text = String(location);
  if (/^https?:\/\//i.test(text)) {
    if (encoding === undefined) {
      return { kind: "remote", handle: { kind: "presigned_request", url: text, method: "GET", headers: {} } };
    }
    throw invalidSource(`${what} is a URL, which the exporter fetches as it is: leave the encoding ${encoding} away`);
  }
  if (location instanceof URL && location.protocol !== "file:") {
    throw invalidSource(`${what} is ${text}, but only file:, http: and https: URLs can be read`);
  }
  const path = location instanceof URL ? fileURLToPath(location) : location;
  const sizeBytes = await sizeOf(path, what);
  return upload(`the file ${path}`, encoding, sizeBytes, ({ reuses = false } = {}) => readFileBlocks(path, { reuses }));
}

async function sizeOf(path: string, what: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new JumpstarterError(`${what} names the file ${path}, which cannot be read: ${whyNot(cause, path)}`, {
      code: "not-found",
      reason: "RESOURCE_FILE_MISSING",
      cause,
    });
  });
  if (found.isDirectory()) throw invalidSource(`${what} names ${path}, which is a directory and not a file`);
  return found.size;
}

function whyNot(cause: unknown, path: string): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return code === "ENOENT" ? `there is no ${resolve(path)}` : code || String(cause);
}

function upload(
  what: string,
  encoding: ContentEncoding | undefined,
  totalBytes: number | undefined,
  read: Upload["read"],
): Upload {
  return { kind: "upload", what, encoding, totalBytes, read };
}

async function* slices(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += chunkBytes) yield chunk.subarray(start, start + chunkBytes);
  }
}

function invalidSource(message: string): JumpstarterError {
  return new JumpstarterError(message, { code: "invalid-argument", reason: "RESOURCE_INVALID" });
}
