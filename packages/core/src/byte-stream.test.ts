import { describe, expect, it } from "vitest";

import { bytes, createStreamPair, readAll } from "./byte-stream.ts";

describe("a pair of byte streams", () => {
  it("carries bytes both ways, and one direction on after the other has ended", async () => {
    const { near, far } = createStreamPair();
    near.end(bytes("question"));

    expect(Buffer.from(await readAll(far)).toString()).toBe("question");
    far.end(bytes("answer"));

    expect(Buffer.from(await readAll(near)).toString()).toBe("answer");
  });

  it("takes no more than the other end reads", () => {
    const { near } = createStreamPair();

    let taken = 0;
    while (taken < 1_000 && near.write(new Uint8Array(65_536))) taken += 1;

    expect(taken).toBeLessThan(10);
  });
});

describe("reading to the end", () => {
  it("stops at its limit, whatever the other side sends", async () => {
    async function* endless(): AsyncIterable<Uint8Array> {
      for (;;) yield new Uint8Array(1_024);
    }

    await expect(readAll(endless(), { limitBytes: 4_096 })).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "STREAM_TOO_LONG",
    });
  });
});
