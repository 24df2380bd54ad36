import { once } from "node:events";
import { finished } from "node:stream/promises";

import { status as Status } from "@grpc/grpc-js";
import { bytes, type ByteStream, JumpstarterError, readAll } from "@jumpstarter-ts/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { openCall, servePeer, type StreamCalls } from "../test/peers.ts";
import {
  clientStream,
  type Frame,
  FrameType,
  initialMetadata,
  RouterServiceClient,
  RouterServiceService,
  serverStream,
  service,
  type StreamOptions,
} from "./index.ts";

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
    const up = await wire.server.map(String).toArray();
    wire.server.write(Buffer.alloc(70_000));

    expect(up).toEqual(["one", "two", "three"]);
    expect(await nextChunk(wire.client)).toHaveLength(70_000);
  });
});

describe("the end of a call", () => {
  it("comes from our server as soon as both directions have ended", async () => {
    await using call = await openCall();
    const client = clientStream(call.client);
    const server = serverStream(call.server);
    const over = once(call.client, "status");

    client.end();
    server.end();
    await Promise.all([readToEnd(client), readToEnd(server)]);

    const [status]: { code: number }[] = await over;
    expect(status?.code).toBe(Status.OK);
  });

  it("comes from the client where the server never ends the call, as Python exporters do not", async () => {
    await using call = await openCall();
    call.server.resume();
    const cancelled = once(call.server, "cancelled");
    const client = clientStream(call.client);

    call.server.write(goaway);
    client.end();
    await readToEnd(client);
    await finished(client);

    await cancelled;
    expect(call.server.cancelled).toBe(true);
  });

  it("is the end of the stream, whatever the status, after GOAWAY", async () => {
    await using call = await openCall();
    const client = clientStream(call.client);

    call.server.write(data("last"));
    call.server.write(goaway);
    call.server.emit("error", { code: Status.ABORTED, details: "aclose(): asynchronous generator is running" });

    expect(String(await readToEnd(client))).toBe("last");
  });

  it("is the end of the stream where it comes with OK and without GOAWAY", async () => {
    await using call = await openCall();
    const client = clientStream(call.client);

    call.server.write(data("last"));
    call.server.end();

    expect(String(await readToEnd(client))).toBe("last");
    await expect(writeTo(client, "late")).rejects.toMatchObject({ code: "unavailable", reason: "STREAM_CLOSED" });
  });

  it("gives the reader all that came before an error, then the error", async () => {
    await using call = await openCall();
    const client = clientStream(call.client, { what: "the stream of console.connect" });
    const sent = Array.from({ length: 30 }, (_, index) => `line ${index}\n`);

    for (const line of sent) call.server.write(data(line));
    call.server.emit("error", { code: Status.UNAVAILABLE, details: "the port is gone" });

    let seen = "";
    const reading = (async () => {
      for await (const chunk of client) seen += String(chunk);
    })();
    await expect(reading).rejects.toMatchObject({
      code: "unavailable",
      reason: "RPC_UNAVAILABLE",
      message: "the stream of console.connect broke: the port is gone",
    });
    expect(seen).toBe(sent.join(""));
  });

  it("is `unavailable` where the peer cut the call, which nobody here has cancelled", async () => {
    await using call = await openCall();
    const client = clientStream(call.client, { what: "the stream of console.connect" });

    call.server.emit("error", { code: Status.CANCELLED, details: "Call cancelled" });

    await expect(readToEnd(client)).rejects.toMatchObject({
      code: "unavailable",
      reason: "STREAM_CLOSED",
      message: "the stream of console.connect is closed: the peer ended the call",
    });
  });

  it("carries the server's error with its code and reason", async () => {
    await using wire = await openStreams();
    wire.server.on("error", () => undefined);

    wire.server.destroy(
      new JumpstarterError("the USB adapter was unplugged", { code: "failed-precondition", reason: "PORT_GONE" }),
    );

    await expect(readToEnd(wire.client)).rejects.toMatchObject({ code: "failed-precondition", reason: "PORT_GONE" });
  });

  it("reaches a server whose client vanished, while it waits", async () => {
    await using wire = await openStreams();
    const reading = readToEnd(wire.server);

    wire.client.destroy();

    await expect(reading).rejects.toMatchObject({ code: "unavailable", reason: "STREAM_CLOSED" });
  });

  it("closes the stream of a server whose client left after GOAWAY, once all was read", async () => {
    await using call = await openCall();
    const server = serverStream(call.server);
    const closed = once(server, "close");
    call.client.write(data("upload"));
    call.client.write(goaway);
    await once(server, "readable");

    call.client.cancel();
    await once(call.server, "cancelled");

    expect(String(await nextChunk(server))).toBe("upload");
    server.resume();
    await closed;
  });

  it("fails a write that was under way", async () => {
    await using wire = await openStreams();
    wire.server.on("error", () => undefined);
    // Nobody reads, so this write cannot finish.
    const writing = writeTo(wire.server, Buffer.alloc(32 * 1024 ** 2));

    wire.client.destroy();

    await expect(writing).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("initialMetadata", () => {
  it("resolves with the headers that an exporter sends at once", async () => {
    await using call = await openCallUnanswered((server) => {
      const headers = server.metadata.clone();
      headers.set("resource", "{}");
      server.sendMetadata(headers);
    });

    const metadata = await initialMetadata(call.client);

    expect(metadata.get("resource")).toEqual(["{}"]);
  });

  it("rejects with the error of a call that was refused", async () => {
    await using call = await openCallUnanswered((server) => {
      server.emit("error", { code: Status.NOT_FOUND, details: "method connect not found on driver" });
    });

    await expect(initialMetadata(call.client, { what: "the stream of power.connect" })).rejects.toMatchObject({
      code: "not-found",
      message: "the stream of power.connect could not be opened: method connect not found on driver",
    });
  });

  it("stops waiting, and cancels the call, when told to", async () => {
    const cancelled = Promise.withResolvers<void>();
    const stop = new AbortController();
    await using call = await openCallUnanswered((server) => {
      server.on("cancelled", () => cancelled.resolve());
      stop.abort();
    });

    await expect(initialMetadata(call.client, { signal: stop.signal })).rejects.toMatchObject({ code: "cancelled" });

    await cancelled.promise;
  });
});

const goaway: Frame = { payload: new Uint8Array(0), frameType: FrameType.FRAME_TYPE_GOAWAY };

function data(text: string): Frame {
  return { payload: bytes(text), frameType: FrameType.FRAME_TYPE_DATA };
}

interface Streams extends AsyncDisposable {
  readonly client: ByteStream;
  readonly server: ByteStream;
}

async function openStreams(options: StreamOptions = {}): Promise<Streams> {
  const call = await openCall();
  const client = clientStream(call.client, options);
  const server = serverStream(call.server, options);
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      client.on("error", () => undefined).destroy();
      server.on("error", () => undefined).destroy();
      await call[Symbol.asyncDispose]();
    },
  };
}

async function openCallUnanswered(answer: (server: StreamCalls["server"]) => void) {
  const { peer, ...served } = await servePeer(service(RouterServiceService, { stream: answer }));
  const client = peer.client(RouterServiceClient).stream();
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.on("error", () => undefined).cancel();
      await served[Symbol.asyncDispose]();
    },
  };
}

/** Without destroying the stream at its end, as a bare `for await` would: the other direction may be open still. */
function readToEnd(stream: ByteStream): Promise<Uint8Array> {
  return readAll(stream.iterator({ destroyOnReturn: false }));
}

async function nextChunk(stream: ByteStream): Promise<Uint8Array> {
  for (;;) {
    const chunk: unknown = stream.read();
    if (chunk instanceof Uint8Array) return chunk;
    await once(stream, "readable");
  }
}

function writeTo(stream: ByteStream, chunk: string | Uint8Array): Promise<void> {
  stream.on("error", () => undefined);
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** What was one frame on the wire may be handed on in parts, as it arrives. */
async function collect(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const all: Frame[] = [];
  const parts: Uint8Array[] = [];
  for await (const { payload, frameType, isPartial } of frames) {
    parts.push(payload);
    if (isPartial !== true) all.push({ frameType, payload: Buffer.concat(parts.splice(0)) });
  }
  return all;
}

function shape(frames: readonly Frame[]): [number, number][] {
  return frames.map(({ frameType, payload }) => [frameType, payload.length]);
}
