import { bytes } from "@jumpstarter-ts/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { openCall } from "../test/peers.ts";
import { goaway, data, openStreams, readToEnd, nextChunk, collect, shape } from "../test/streams.ts";
import { clientStream, FrameType, serverStream, type Frame } from "./index.ts";

describe("a byte stream over a call", () => {
  it("carries bytes both ways", async () => {
    await using wire = await openStreams();

    wire.client.write("to the server");
    wire.server.write("to the client");

    expect(String(await nextChunk(wire.server))).toBe("to the server");
    expect(String(await nextChunk(wire.client))).toBe("to the client");
  });

  it("keeps every byte in order, however they are cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }), async (chunks) => {
        await using wire = await openStreams();
        wire.client.on("error", () => undefined);
        const received = readToEnd(wire.server);

        for (const chunk of chunks) wire.client.write(chunk);
        wire.client.end();

        expect(Buffer.concat(chunks).equals(await received)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it("keeps the server's direction open after the client's has ended", async () => {
    await using wire = await openStreams();

    wire.client.end("question");
    expect(String(await readToEnd(wire.server))).toBe("question");
    wire.server.end("answer");

    expect(String(await readToEnd(wire.client))).toBe("answer");
  });

  it("keeps the client's direction open after the server's has ended", async () => {
    await using wire = await openStreams();

    wire.server.end("banner");
    expect(String(await readToEnd(wire.client))).toBe("banner");
    wire.client.end("upload");

    expect(String(await readToEnd(wire.server))).toBe("upload");
  });

  it("loses nothing of 8 MiB each way at once", async () => {
    await using wire = await openStreams();
    const blob = Buffer.alloc(8 * 1024 ** 2, "0123456789abcdef");

    wire.client.end(blob);
    wire.server.end(blob);
    const [up, down] = await Promise.all([readToEnd(wire.server), readToEnd(wire.client)]);

    expect(blob.equals(up)).toBe(true);
    expect(blob.equals(down)).toBe(true);
  });

  it.each(["client", "server"] as const)("holds a %s that writes faster than the other end reads", async (role) => {
    await using wire = await openStreams();
    const writer = wire[role];
    const reader = wire[role === "client" ? "server" : "client"];
    const chunk = Buffer.alloc(64 * 1024, 1);

    // Until half a second passes in which no write was taken: no event says "now it is full".
    let taken = 0;
    const isTaken = (): Promise<boolean> =>
      Promise.race([
        new Promise<boolean>((resolve) => writer.write(chunk, () => resolve(true))),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500)),
      ]);
    while (taken < 400 && (await isTaken())) taken++;

    expect(taken).toBeLessThan(200);
    writer.end();
    expect((await readToEnd(reader)).length).toBe((taken + 1) * chunk.length);
  });
});

describe("frames on the wire", () => {
  it("are of 64 KiB at most, and end with GOAWAY and the client's half-close", async () => {
    await using call = await openCall();
    const received = collect(call.server);

    clientStream(call.client)
      .on("error", () => undefined)
      .end(Buffer.alloc(150_000, 7));

    expect(shape(await received)).toEqual([
      [0, 65_536],
      [0, 65_536],
      [0, 18_928],
      [7, 0],
    ]);
  });

  it("of a server end with GOAWAY, and its call stays open", async () => {
    await using call = await openCall();
    const stream = serverStream(call.server).on("error", () => undefined);
    let isOver = false;
    call.client.on("status", () => (isOver = true));
    const goaway = new Promise<Frame>((resolve) => {
      call.client.on("data", (frame: Frame) => {
        if (frame.frameType === FrameType.FRAME_TYPE_GOAWAY) resolve(frame);
      });
    });

    stream.end("bye");
    await goaway;
    // A round trip later there is still no status.
    call.client.write(data("more"));
    expect(String(await nextChunk(stream))).toBe("more");

    expect(isOver).toBe(false);
  });

  it.each([
    ["PING", FrameType.FRAME_TYPE_PING],
    ["RST_STREAM", FrameType.FRAME_TYPE_RST_STREAM],
    ["an unknown type", 42],
  ])("of %s are ignored", async (_name, frameType) => {
    await using call = await openCall();
    const stream = serverStream(call.server);

    call.client.write({ payload: bytes("x"), frameType });
    call.client.write(data(""));
    call.client.write(data("payload"));
    call.client.write(goaway);

    expect(String(await readToEnd(stream))).toBe("payload");
  });

  it("may be larger than any we send", async () => {
    await using call = await openCall();
    const stream = serverStream(call.server);

    call.client.write({ payload: Buffer.alloc(5 * 1024 ** 2), frameType: 0 });
    call.client.write(goaway);

    expect(await readToEnd(stream)).toHaveLength(5 * 1024 ** 2);
  });

  it("end the stream by a half-close alone, as by GOAWAY", async () => {
    await using call = await openCall();
    const stream = serverStream(call.server);

    call.client.write(data("last"));
    call.client.end();

    expect(String(await readToEnd(stream))).toBe("last");
  });

  it("keep the boundaries of datagrams, both ways, where asked", async () => {
    await using wire = await openStreams({ datagrams: true });

    for (const text of ["one", "two", "three"]) wire.client.write(Buffer.from(text));
    wire.client.end();
    const up = await Array.fromAsync(wire.server.iterator({ destroyOnReturn: false }), String);
    wire.server.write(Buffer.alloc(70_000));

    expect(up).toEqual(["one", "two", "three"]);
    expect(await nextChunk(wire.client)).toHaveLength(70_000);
  });
});
