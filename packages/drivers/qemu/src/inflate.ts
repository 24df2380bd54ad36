import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { JumpstarterError, messageOf, type ContentEncoding } from "@jumpstarter-ts/core";
import { createDecoder } from "@jumpstarter-ts/encoding";

/** The first bytes of a file that is packed. */
const magics: readonly { readonly encoding: ContentEncoding; readonly magic: readonly number[] }[] = [
  { encoding: "gzip", magic: [0x1f, 0x8b] },
  { encoding: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { encoding: "bz2", magic: [0x42, 0x5a, 0x68] },
  { encoding: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd] },
];
const longestMagic = Math.max(...magics.map(({ magic }) => magic.length));

/** The bytes of an image, unpacked where their beginning says that they are packed. */
export async function* inflated(image: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { head, rest } = await beginning(image);
  const encoding = magics.find(({ magic }) => magic.every((byte, index) => head[index] === byte))?.encoding;
  if (encoding === undefined) {
    yield* rest();
    return;
  }
  const decoder = createDecoder(encoding);
  // Its failure destroys the decoder, so that whoever reads that sees it.
  pipeline(rest(), decoder, { signal }).catch(() => undefined);
  try {
    yield* decoder;
  } catch (cause) {
    signal.throwIfAborted();
    throw packedBadly(encoding, cause);
  } finally {
    decoder.destroy();
  }
}

async function beginning(image: Readable) {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = image.iterator({ destroyOnReturn: false });
  while (length < longestMagic) {
    const next = await reader.next();
    if (next.done === true) break;
    // A resource is a stream of bytes.
    const chunk = next.value as Uint8Array;
    chunks.push(chunk);
    length += chunk.length;
  }
  return {
    head: Buffer.concat(chunks),
    async *rest(): AsyncGenerator<Uint8Array> {
      yield* chunks;
      for await (const chunk of { [Symbol.asyncIterator]: () => reader }) yield chunk as Uint8Array;
    },
  };
}

function packedBadly(encoding: ContentEncoding, cause: unknown): JumpstarterError {
  return new JumpstarterError(`the image looks packed as ${encoding}, and cannot be unpacked: ${messageOf(cause)}`, {
    code: "invalid-argument",
    reason: "IMAGE_INVALID",
    cause,
  });
}
