import { describe, expect, it } from "vitest";

import { openStreams } from "../test/streams.ts";

const MiB = 1024 ** 2;

describe("the buffers of what was received", () => {
  it("are given back while bytes flow: of 256 MiB never more than 20 are held", async () => {
    await using wire = await openStreams();
    const chunk = Buffer.alloc(MiB);
    let heldBytes = 0;
    let seenBytes = 0;

    wire.client.end();
    const sent = (async () => {
      for (let count = 0; count < 256; count++) {
        if (!wire.server.write(chunk)) await new Promise((resolve) => wire.server.once("drain", resolve));
      }
      wire.server.end();
    })();
    for await (const part of wire.client) {
      seenBytes += Buffer.byteLength(part);
      heldBytes = Math.max(heldBytes, process.memoryUsage().arrayBuffers);
    }
    await sent;

    expect(seenBytes).toBe(256 * MiB);
    expect(heldBytes).toBeLessThan(20 * MiB);
  });
});
