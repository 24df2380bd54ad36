import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { writeSparse } from "./sparse-file.ts";

const kibibyte = 1024;

describe("a file that is written with holes", () => {
  it("holds what was written, however it is cut and wherever it is empty", async () => {
    const directory = await mkdtemp(join(tmpdir(), "sparse-test-"));
    const path = join(directory, "image");
    const chunk = fc
      .tuple(fc.nat(200 * kibibyte), fc.array(fc.nat(200 * kibibyte), { maxLength: 3 }))
      .map(([length, marks]) => {
        const bytes = new Uint8Array(length);
        for (const mark of marks) if (mark < length) bytes[mark] = 1;
        return bytes;
      });
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(chunk, { maxLength: 5 }), async (chunks) => {
          await writeSparse(path, streamOf(chunks));
          expect((await readFile(path)).equals(Buffer.concat(chunks))).toBe(true);
        }),
        { numRuns: 30 },
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("takes no room for zeros", async () => {
    const directory = await mkdtemp(join(tmpdir(), "sparse-test-"));
    const path = join(directory, "image");
    try {
      const empty = new Uint8Array(1024 * kibibyte);
      await writeSparse(path, streamOf(Array.from({ length: 64 }, () => empty)));
      const { size, blocks } = await stat(path);
      expect(size).toBe(64 * 1024 * kibibyte);
      expect(blocks).toBe(0);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
