import { createHash } from "node:crypto";
import { once } from "node:events";
import { Writable, type Duplex } from "node:stream";

import type { CallOptions, ContentEncoding, JumpstarterError } from "@jumpstarter-ts/core";
import { createDecoder } from "@jumpstarter-ts/encoding";

import { decoded, notEncoded } from "./image.ts";
import { refuse } from "./storage-error.ts";

/** What an image is once it is unpacked. */
export interface Digest {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly lengthBytes: number;
}

/** Reads to the end. */
export async function digestOf(
  chunks: AsyncIterable<Uint8Array>,
  encoding: ContentEncoding | undefined,
  onChunk: (doneBytes: number) => void = () => undefined,
): Promise<Digest> {
  const hash = createHash("sha256");
  let lengthBytes = 0;
  for await (const chunk of decoded(chunks, encoding)) {
    hash.update(chunk);
    lengthBytes += chunk.length;
    onChunk(lengthBytes);
  }
  return { sha256: hash.digest("hex"), lengthBytes };
}

/** The same chunks, and what they come to, known once the last one has passed. */
export interface DigestedChunks {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Undefined if whoever reads the chunks left before their end. */
  digest(): Promise<Digest | undefined>;
  /** Why the chunks cannot be unpacked. */
  failure(): JumpstarterError | undefined;
}

export function digesting(source: AsyncIterable<Uint8Array>, encoding: ContentEncoding | undefined): DigestedChunks {
  const hash = createHash("sha256");
  let lengthBytes = 0;
  let isWhole = false;
  const take = (chunk: Uint8Array): void => {
    hash.update(chunk);
    lengthBytes += chunk.length;
  };
  let failure: Error | undefined;

  async function* pass(): AsyncGenerator<Uint8Array> {
    // Not before somebody reads: it may be a program.
    const decoder = encoding === undefined ? undefined : createDecoder(encoding);
    decoder?.on("data", take).on("error", (error) => (failure = error));
    // A decoder may end by itself, where only padding follows.
    const ended = decoder === undefined ? undefined : once(decoder, "end");
    ended?.catch(() => undefined);
    try {
      for await (const chunk of source) {
        if (decoder === undefined) take(chunk);
        else if (failure !== undefined) throw failure;
        else if (!decoder.readableEnded && !decoder.write(chunk)) await drained(decoder);
        yield chunk;
      }
      if (failure !== undefined) throw failure;
      decoder?.end();
      await ended;
      isWhole = true;
    } finally {
      decoder?.destroy();
    }
  }
  return {
    chunks: pass(),
    digest: async () => (isWhole ? { sha256: hash.digest("hex"), lengthBytes } : undefined),
    failure: () => (failure === undefined ? undefined : notEncoded(encoding, failure)),
  };
}

/** Resolves when the decoder has room again, or wants nothing more. */
async function drained(decoder: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const go = (): void => resolve();
  decoder.once("drain", go).once("end", go).once("error", go);
  await promise;
  decoder.off("drain", go).off("end", go).off("error", go);
}

export interface DumpOptions {
  readonly signal: AbortSignal;
  readonly onBytes: (doneBytes: number) => void;
  /** Names the device in an error: `flasher`. */
  readonly what: string;
}

/**
 * The sha256 of the first bytes that a device holds. A device is often larger than its image: what lies behind is not
 * fetched. Throws `unavailable` (`VERIFY_MISMATCH`) if it holds less.
 */
export async function digestOfDump(
  dump: (target: Writable, options: CallOptions) => Promise<void>,
  lengthBytes: number,
  { signal, onBytes, what }: DumpOptions,
): Promise<string> {
  const hash = createHash("sha256");
  const enough = new AbortController();
  let doneBytes = 0;
  const target = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      const part = chunk.subarray(0, lengthBytes - doneBytes);
      hash.update(part);
      doneBytes += part.length;
      onBytes(doneBytes);
      if (part.length < chunk.length) enough.abort();
      done();
    },
  });
  try {
    await dump(target, { signal: AbortSignal.any([signal, enough.signal]) });
  } catch (error) {
    if (!enough.signal.aborted || signal.aborted) throw error;
  }
  if (doneBytes < lengthBytes) {
    throw refuse(`${what} gave back ${doneBytes} of ${lengthBytes} bytes`, "VERIFY_MISMATCH", "unavailable");
  }
  return hash.digest("hex");
}
