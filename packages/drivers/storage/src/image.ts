import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";

import { JumpstarterError, messageOf, type ContentEncoding, type ResourceSource } from "@jumpstarter-ts/core";
import { createDecoder } from "@jumpstarter-ts/encoding";

import { blockBytes } from "./file-streams.ts";
import { refuse } from "./storage-error.ts";

/** Where the bytes of an image come from, before anything is opened. */
export type Image =
  /** The exporter fetches it by itself: its bytes never come by here. */
  | { readonly kind: "url"; readonly name: string; readonly source: ResourceSource; readonly encoding?: undefined }
  | {
      /** Only the first kind can be read more than once. */
      readonly kind: "again" | "once";
      readonly name: string;
      readonly encoding: ContentEncoding | undefined;
      /** As they are: compressed, where an encoding says so. */
      readonly totalBytes: number | undefined;
      readonly source: ResourceSource;
      read(): AsyncIterable<Uint8Array>;
    };

/**
 * Looks at an image: a local path, a `file:`, `http:` or `https:` URL, bytes, or a stream of them. Throws `not-found`
 * (`IMAGE_MISSING`), `invalid-argument` (`IMAGE_INVALID`) or `unsupported` (`IMAGE_UNSUPPORTED`).
 */
export async function lookAtImage(given: ResourceSource, encodingOption?: ContentEncoding): Promise<Image> {
  const { from, encoding = encodingOption } = isEncoded(given) ? given : { from: given };
  const source: ResourceSource = encoding === undefined ? from : { from, encoding };
  if (from instanceof Uint8Array) {
    const name = `${from.length} bytes`;
    return { kind: "again", name, encoding, totalBytes: from.length, source, read: () => Readable.from([from]) };
  }
  if (typeof from !== "string" && !(from instanceof URL)) {
    return { kind: "once", name: "a stream", encoding, totalBytes: undefined, source, read: () => from };
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(String(from))?.[1]?.toLowerCase();
  if (scheme === "http" || scheme === "https") {
    if (encoding === undefined) return { kind: "url", name: new URL(from).pathname, source };
    throw refuse(
      `the exporter fetches ${new URL(from).pathname} as it is: leave the encoding ${encoding} away`,
      "IMAGE_INVALID",
    );
  }
  if (scheme !== undefined && scheme !== "file") {
    const message = `an image cannot come from ${scheme}://: give a file, or an http(s) URL`;
    throw refuse(message, "IMAGE_UNSUPPORTED", "unsupported");
  }
  const path = scheme === "file" ? fileURLToPath(from) : String(from);
  const read = (): AsyncIterable<Uint8Array> => createReadStream(path, { highWaterMark: blockBytes });
  const plain = encoding === undefined ? path : { from: path, encoding };
  return { kind: "again", name: path, encoding, totalBytes: await sizeOf(path), source: plain, read };
}

/** The bytes that a device stores: what its exporter makes of the image. Throws `invalid-argument` (`IMAGE_INVALID`). */
export async function* decoded(
  chunks: AsyncIterable<Uint8Array>,
  encoding: ContentEncoding | undefined,
): AsyncGenerator<Uint8Array> {
  if (encoding === undefined) {
    yield* chunks;
    return;
  }
  const decoder = createDecoder(encoding);
  // Its failure destroys the decoder, so that whoever reads that sees it.
  pipeline(chunks, decoder).catch(() => undefined);
  try {
    yield* decoder;
  } catch (cause) {
    throw notEncoded(encoding, cause);
  } finally {
    decoder.destroy();
  }
}

export function notEncoded(encoding: ContentEncoding | undefined, cause: unknown): JumpstarterError {
  return new JumpstarterError(`the image cannot be unpacked as ${encoding}: ${messageOf(cause)}`, {
    code: "invalid-argument",
    reason: "IMAGE_INVALID",
    cause,
  });
}

function isEncoded(given: ResourceSource): given is Extract<ResourceSource, { readonly encoding: unknown }> {
  return typeof given === "object" && "from" in given && "encoding" in given;
}

async function sizeOf(path: string): Promise<number> {
  let found;
  try {
    found = await stat(path);
  } catch (cause) {
    throw new JumpstarterError(`there is no image ${path}: ${messageOf(cause)}`, {
      code: "not-found",
      reason: "IMAGE_MISSING",
      cause,
    });
  }
  if (found.isDirectory()) throw refuse(`${path} is a directory and no image`, "IMAGE_INVALID");
  return found.size;
}
