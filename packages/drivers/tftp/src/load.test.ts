import { randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { openServer } from "../test/open-server.ts";
import { tftpRead } from "../test/tftp-client.ts";

const openDescriptors = async (): Promise<number> => (await readdir("/proc/self/fd")).length;

describe.skipIf(process.platform !== "linux")("a thousand readers at a time", () => {
  it("share one open file and little memory, and leave nothing behind", async () => {
    const readers = 1_000;
    await using opened = await openServer({ timeoutMs: 5_000 });
    const image = randomBytes(200_000);
    await writeFile(join(opened.root, "Image"), image);
    const descriptors = await openDescriptors();
    const memory = process.memoryUsage().arrayBuffers;
    let begun = 0;
    let mostDescriptors = 0;
    let mostMemory = 0;
    const allBegun = Promise.withResolvers<void>();
    const onPacket = (): boolean => {
      mostMemory = Math.max(mostMemory, process.memoryUsage().arrayBuffers - memory);
      return true;
    };
    const read = async (index: number): Promise<boolean> => {
      let isFirst = true;
      const { data } = await tftpRead({
        port: opened.server.port,
        name: "Image",
        options: { blksize: 1468, windowsize: 16 },
        timeoutMs: 500,
        onPacket() {
          if (index % 100 === 0) onPacket();
          if (!isFirst) return true;
          isFirst = false;
          if ((begun += 1) === readers) allBegun.resolve();
          return true;
        },
      });
      return image.equals(data);
    };

    const all = Promise.all(Array.from({ length: readers }, (_, index) => read(index)));
    await allBegun.promise;
    mostDescriptors = await openDescriptors();
    const results = await all;

    expect(results.every(Boolean)).toBe(true);
    // Two sockets each, ours and the client's, and the file.
    expect(mostDescriptors - descriptors).toBeLessThanOrEqual(2 * readers + 20);
    await opened.server[Symbol.asyncDispose]();
    expect(await openDescriptors()).toBeLessThanOrEqual(descriptors);
    // The clients hold the file each, in packets; the server holds it once.
    expect(mostMemory).toBeLessThan(readers * 400_000);
  }, 60_000);
});
