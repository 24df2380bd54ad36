import { Readable, type Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";

import { JumpstarterError, messageOf, type ContentEncoding, type Progress } from "@jumpstarter-ts/core";
import { canEncode, createDecoder, createEncoder } from "@jumpstarter-ts/encoding";

import type { Download } from "./resource-sink.ts";
import type { Upload } from "./resource-source.ts";
import type { ResourceStream, Wire, WireOptions } from "./wire.ts";

/** A resource argument while its call runs. */
export interface Transfer {
  /** Passed to the driver as the argument. */
  readonly handle: unknown;
  /** Rejects as soon as the bytes cannot be brought over; resolves when they are, which for an upload may be never. */
  readonly done: Promise<void>;
  /** After the driver has answered: waits for a download's last bytes and puts them in their place. */
  complete(): Promise<void>;
  /** Ends the stream on every path; removes what is incomplete. */
  close(): Promise<void>;
}

export interface TransferOptions extends WireOptions {
  readonly uuid: string;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Opens the resource stream of a source or a sink and starts to move its bytes. */
export async function startTransfer(
  wire: Wire,
  resource: Upload | Download,
  { uuid, onProgress, ...options }: TransferOptions,
): Promise<Transfer> {
  const opened = await wire.openResource({ uuid, encoding: askedEncoding(resource) }, options);
  opened.stream.on("error", () => undefined);
  try {
    return resource.kind === "upload"
      ? startUpload(opened, resource, onProgress)
      : startDownload(opened, resource, onProgress);
  } catch (error) {
    opened.stream.destroy();
    throw error;
  }
}

/**
 * What the exporter is asked to do with the bytes. Upstream's 0.9 exporters never flush what they compress, so that a
 * dump of theirs lacks its end: what can be compressed here is.
 */
function askedEncoding({ kind, encoding }: Upload | Download): ContentEncoding | undefined {
  return kind === "download" && encoding !== undefined && canEncode(encoding) ? undefined : encoding;
}

function startUpload(
  { handle, isEncodingHandled, stream }: ResourceStream,
  upload: Upload,
  onProgress: TransferOptions["onProgress"],
): Transfer {
  const decoder = localCodec(upload, isEncodingHandled, createDecoder);
  let isOver = false;
  // A decoder reads ahead, and so needs chunks that last.
  const counted = count(upload.read({ reuses: decoder === undefined }), upload.totalBytes, onProgress);
  const chunks = decoder === undefined ? counted : through(counted, decoder);
  const done = send(chunks, stream).catch((cause: unknown) => {
    // A driver may answer before it has read everything; what is left over then is no failure.
    if (!isOver && !stream.destroyed) throw transferError(upload.what, "sending", cause);
  });
  done.catch(() => undefined);
  return {
    handle,
    done,
    complete: async () => undefined,
    async close() {
      isOver = true;
      stream.destroy();
      await done.catch(() => undefined);
    },
  };
}

/** Writes chunk by chunk, waiting while the other side is slow; stops, without an error, when the stream is closed. */
async function send(chunks: AsyncIterable<Uint8Array>, stream: Duplex): Promise<void> {
  for await (const chunk of chunks) {
    if (stream.destroyed) return;
    if (!stream.write(chunk)) await drained(stream);
  }
  if (!stream.destroyed) stream.end();
}

/** Resolves when what was written has left, or when the stream is closed. */
async function drained(stream: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once("drain", resolve).once("close", resolve);
  if (!stream.closed) await promise;
  stream.off("drain", resolve).off("close", resolve);
}

function startDownload(
  { handle, isEncodingHandled, stream }: ResourceStream,
  download: Download,
  onProgress: TransferOptions["onProgress"],
): Transfer {
  const encoder = localCodec(download, isEncodingHandled, createEncoder);
  const target = download.open();
  // We have nothing to say: without this a driver that reads to the end waits for ever.
  stream.end();
  if (onProgress !== undefined) countData(stream, onProgress);
  const written = encoder === undefined ? pipeline(stream, target) : pipeline(stream, encoder, target);
  const done = written.catch((cause: unknown) => {
    throw transferError(download.what, "receiving", cause);
  });
  done.catch(() => undefined);
  let isCommitted = false;
  return {
    handle,
    done,
    async complete() {
      await done;
      await download.commit();
      isCommitted = true;
    },
    async close() {
      stream.destroy();
      await done.catch(() => undefined);
      if (!isCommitted) await download.discard();
    },
  };
}

function through(chunks: AsyncIterable<Uint8Array>, codec: Duplex): AsyncIterable<Uint8Array> {
  // Its failure destroys the codec, so whoever reads the codec sees it.
  pipeline(Readable.from(chunks), codec).catch(() => undefined);
  return codec;
}

function countData(stream: Readable, onProgress: (progress: Progress) => void): void {
  let doneBytes = 0;
  // A listener alone would start the flow before there is somewhere for the bytes to go.
  stream.pause().on("data", (chunk: Uint8Array) => {
    doneBytes += chunk.length;
    onProgress({ doneBytes });
  });
}

async function* count(
  chunks: AsyncIterable<Uint8Array>,
  totalBytes: number | undefined,
  onProgress: TransferOptions["onProgress"],
): AsyncGenerator<Uint8Array> {
  let doneBytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    doneBytes += chunk.length;
    onProgress?.(totalBytes === undefined ? { doneBytes } : { doneBytes, totalBytes });
  }
}

/** What does the (de)compression here, where the exporter said that it cannot. */
function localCodec(
  { encoding }: { readonly encoding: ContentEncoding | undefined },
  isHandled: boolean,
  create: (encoding: ContentEncoding) => Duplex,
): Duplex | undefined {
  return encoding === undefined || isHandled ? undefined : create(encoding);
}

function transferError(what: string, verb: string, cause: unknown): JumpstarterError {
  return new JumpstarterError(`${verb} ${what} broke off: ${messageOf(cause)}`, {
    code: "unavailable",
    reason: "TRANSFER_FAILED",
    cause,
  });
}
