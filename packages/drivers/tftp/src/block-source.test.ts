import { describe, expect, it } from "vitest";

import { netasciiBlocks, octetBlocks } from "./block-source.ts";
import { chunkBytes } from "./file-chunks.ts";

/** A file of lines, whose chunks come later than they are asked for. */
function slowFile(text: Buffer) {
  return {
    size: text.length,
    async get(index: number): Promise<Buffer> {
      await new Promise(setImmediate);
      return text.subarray(index * chunkBytes, (index + 1) * chunkBytes);
    },
    readAhead: () => undefined,
    isUnchanged: async () => true,
    close: async () => undefined,
  };
}

describe("the blocks of a file", () => {
  const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index}`);
  const file = Buffer.from(lines.join("\n"));

  it.each([
    ["as it is", octetBlocks, file],
    ["as text", netasciiBlocks, Buffer.from(lines.join("\r\n"))],
  ])("%s are the same when they are asked for again while they are read", async (_how, open, expected) => {
    const source = open(slowFile(file), 512);
    const received: Uint8Array[] = [];
    for (let from = 1; from <= (source.lastBlock ?? Number.POSITIVE_INFINITY); from += 4) {
      // As when a request or an acknowledgement comes twice.
      await Promise.all([source.prepare(from, from + 4), source.prepare(from, from + 4)]);
      const end = Math.min(from + 4, (source.lastBlock ?? Number.POSITIVE_INFINITY) + 1);
      for (let block = from; block < end; block += 1) received.push(...source.pieces(block));
    }
    expect(Buffer.concat(received).equals(expected)).toBe(true);
  });
});
