import { once } from "node:events";

import { FrameType, fromStatus, initialMetadata, streamMetadata } from "@jumpstarter-ts/protocol";
import { describe, expect, it } from "vitest";

import { openBench, readEnd } from "../test/bench.ts";
import { createProbe, pattern } from "../test/probe.ts";

async function probeBench() {
  const probe = createProbe();
  const bench = await openBench({
    yaml: "export: { probe: { type: probe } }",
    drivers: { probe: probe.implementation },
  });
  return { ...bench, probe, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

/** The driver's end, which exists once the client's is open. */
function driverEnd({ probe }: Awaited<ReturnType<typeof probeBench>>) {
  const [stream] = probe.streams;
  if (stream === undefined) throw new Error("the driver has opened no stream");
  return stream;
}

describe("a driver's stream", () => {
  it("is open once the driver has opened its side, before any byte", async () => {
    await using bench = await probeBench();

    const stream = await bench.open({ kind: "driver", path: "probe", method: "connect" });

    expect(bench.probe.open).toEqual(new Set(["driver", "stream"]));
    stream.destroy();
    await bench.probe.saw("stream closed");
  });

  it("carries bytes both ways, byte for byte", async () => {
    await using bench = await probeBench();
    const near = await bench.open({ kind: "driver", path: "probe", method: "connect" });
    const far = driverEnd(bench);
    const down = pattern(3_000_000);
    const up = pattern(2_000_000).reverse();

    near.end(up);
    far.end(down);
    const [received, sent] = await Promise.all([readEnd(near), readEnd(far)]);

    expect(Buffer.compare(received, down)).toBe(0);
    expect(Buffer.compare(sent, up)).toBe(0);
    await bench.probe.saw("stream closed");
  });

  it("stays open in one direction after the other has ended", async () => {
    await using bench = await probeBench();
    const near = await bench.open({ kind: "driver", path: "probe", method: "connect" });
    const far = driverEnd(bench);

    near.end("question");
    expect(String(await readEnd(far))).toBe("question");
    far.end("answer, after the client's end");

    expect(String(await readEnd(near))).toBe("answer, after the client's end");
  });

  it("ends its other direction as well when the driver ends first", async () => {
    await using bench = await probeBench();
    const near = await bench.open({ kind: "driver", path: "probe", method: "connect" });
    const far = driverEnd(bench);

    far.end("bye");
    expect(String(await readEnd(near))).toBe("bye");
    near.end("thanks");

    expect(String(await readEnd(far))).toBe("thanks");
    await bench.probe.saw("stream closed");
  });

  it("keeps the boundaries of datagrams", async () => {
    await using bench = await probeBench();
    const near = await bench.open({ kind: "driver", path: "probe", method: "datagrams" }, { datagrams: true });
    const sent = [pattern(4), pattern(1000), pattern(4)];

    for (const datagram of sent) near.write(datagram);
    near.end();
    const received: number[] = [];
    for await (const datagram of near) received.push((datagram as Uint8Array).length); // object mode, of bytes

    expect(received).toEqual([4, 1000, 4]);
  });

  it("holds the driver back when its client does not read", async () => {
    await using bench = await probeBench();
    const near = await bench.open({ kind: "driver", path: "probe", method: "connect" });
    const far = driverEnd(bench);
    const limit = 40 * 1024 ** 2;
    let written = 0;
    while (written < limit && (far.write(Buffer.alloc(64 * 1024)) || (await drainedWithin(far)))) written += 64 * 1024;

    expect(written).toBeLessThan(limit / 2);
    near.destroy();
    await bench.probe.saw("stream closed");
  });

  it("closes the driver's side when the client vanishes", async () => {
    await using bench = await probeBench();
    const near = await bench.open({ kind: "driver", path: "probe", method: "connect" });
    near.write("half a sent");

    near.destroy();

    await bench.probe.saw("stream closed");
    expect(bench.probe.open).toEqual(new Set(["driver"]));
  });

  it("tells a driver that still opens it that the client has gone, and closes what comes late", async () => {
    await using bench = await probeBench();
    const { uuid } = await bench.find("probe");
    const call = bench.router.stream(streamMetadata({ kind: "driver", uuid, method: "dawdle" }));
    call.on("error", () => undefined);
    await bench.probe.saw("dawdle started");

    call.cancel();

    await bench.probe.saw("stream closed");
    expect(bench.probe.open).toEqual(new Set(["driver"]));
  });

  it("fails at its client when the driver's side breaks", async () => {
    await using bench = await probeBench();
    const near = await bench.open({ kind: "driver", path: "probe", method: "broken" });

    await expect(readEnd(near)).rejects.toMatchObject({ message: expect.stringContaining("the cable is out") });
  });

  it("fails at its client after all that came before the driver's side broke", async () => {
    await using bench = await probeBench();
    const near = await bench.open({ kind: "driver", path: "probe", method: "breaking" });
    const heard: Buffer[] = [];
    near.on("data", (chunk: Buffer) => heard.push(chunk));

    const [error] = await once(near, "error");

    expect(Buffer.concat(heard).equals(pattern(256 * 1024))).toBe(true);
    expect(error).toMatchObject({ message: expect.stringContaining("the cable is out") });
  });

  it("is closed with the session", async () => {
    await using bench = await probeBench();
    const near = await bench.open({ kind: "driver", path: "probe", method: "connect" });
    const failed = once(near, "error");

    await bench.exporter.close();

    const [error] = await failed;
    expect(error).toMatchObject({ code: "unavailable" });
    expect(bench.probe.open).toEqual(new Set());
  });

  it.each([
    ["an unknown method", "jump", "not-found", "METHOD_UNKNOWN"],
    ["a method that is no stream", "echo", "not-found", "METHOD_OF_OTHER_KIND"],
    ["a driver that cannot open it", "refuse", "unavailable", "PORT_TAKEN"],
  ])("is refused for %s, before any header", async (_case, method, code, reason) => {
    await using bench = await probeBench();

    const opening = bench.open({ kind: "driver", path: "probe", method });

    await expect(opening).rejects.toMatchObject({ code, reason });
  });

  it("is refused without a request that says what to connect to", async () => {
    await using bench = await probeBench();
    const call = bench.router.stream();

    await expect(initialMetadata(call)).rejects.toMatchObject({ reason: "STREAM_REQUEST_INVALID" });
  });

  it("ignores frames that mean nothing to it", async () => {
    await using bench = await probeBench();
    const { uuid } = await bench.find("probe");
    const call = bench.router.stream(streamMetadata({ kind: "driver", uuid, method: "connect" }));
    call.on("error", (error) => fromStatus(error, "the stream"));
    await initialMetadata(call);
    const far = driverEnd(bench);

    call.write({ payload: new Uint8Array(0), frameType: FrameType.FRAME_TYPE_PING });
    call.write({ payload: Buffer.from("a"), frameType: FrameType.FRAME_TYPE_DATA });
    call.write({ payload: new Uint8Array(0), frameType: FrameType.FRAME_TYPE_DATA });
    call.write({ payload: Buffer.from("b"), frameType: FrameType.FRAME_TYPE_DATA });
    call.write({ payload: new Uint8Array(0), frameType: FrameType.FRAME_TYPE_GOAWAY });

    expect(String(await readEnd(far))).toBe("ab");
    call.cancel();
  });
});

/** False when nothing moves for long enough that nothing will. */
async function drainedWithin(stream: NodeJS.EventEmitter): Promise<boolean> {
  try {
    await once(stream, "drain", { signal: AbortSignal.timeout(200) });
    return true;
  } catch {
    return false;
  }
}
