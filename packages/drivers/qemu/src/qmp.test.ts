import { createStreamPair, type ByteStream } from "@jumpstarter-ts/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createQmpReader, encodeQmp } from "./qmp-frames.ts";
import { openQmp, type QmpEvent } from "./qmp.ts";

const greeting = '{"QMP": {"version": {}, "capabilities": []}}\r\n';

/** QEMU's end of the socket, which greets and then does as it is told. */
function startQemu(answer: (message: Record<string, unknown>, far: ByteStream) => void) {
  const { near, far } = createStreamPair();
  const reader = createQmpReader();
  far.on("error", () => undefined);
  far.on("data", (chunk: Uint8Array) => {
    for (const message of reader.push(chunk)) {
      if (message["execute"] === "qmp_capabilities")
        far.write(`{"return": {}, "id": ${JSON.stringify(message["id"])}}\r\n`);
      else answer(message, far);
    }
  });
  far.write(greeting);
  return { near, far };
}

describe("QMP's framing", () => {
  it("gives the same messages however the bytes are cut", () => {
    const message = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.nat(200)), (messages, cuts) => {
        const wire = Buffer.from(messages.map(encodeQmp).join(""));
        const reader = createQmpReader();
        const read: unknown[] = [];
        let from = 0;
        for (const cut of [...cuts, wire.length]) {
          read.push(...reader.push(wire.subarray(from, from + cut)));
          from = Math.min(from + cut, wire.length);
        }
        expect(read).toEqual(messages.map((each) => JSON.parse(JSON.stringify(each)) as unknown));
      }),
    );
  });

  it("refuses a line that is no object", () => {
    for (const line of ["nonsense", "[1]", "7", "null"]) {
      expect(() => createQmpReader().push(Buffer.from(`${line}\n`))).toThrow(
        expect.objectContaining({ reason: "QMP_INVALID" }),
      );
    }
  });
});

describe("QEMU's control socket", () => {
  it("gives each command its own answer, in whatever order they come", async () => {
    const held: unknown[] = [];
    const { near } = startQemu(({ id, execute }, far) => {
      held.unshift({ return: execute, id });
      if (held.length === 2) for (const answer of held) far.write(`${JSON.stringify(answer)}\r\n`);
    });
    const qmp = await openQmp(near);

    expect(await Promise.all([qmp.execute("first"), qmp.execute("second")])).toEqual(["first", "second"]);
    qmp.close();
  });

  it("passes on what QEMU refuses", async () => {
    const { near } = startQemu(({ id }, far) => {
      far.write(`${JSON.stringify({ error: { class: "GenericError", desc: "no such device" }, id })}\n`);
    });
    const qmp = await openQmp(near);
    await expect(qmp.execute("device_del", { id: "x" })).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "QMP_ERROR",
      message: "QEMU refused device_del: no such device",
    });
    qmp.close();
  });

  it("tells of events until it is asked not to", async () => {
    const { near } = startQemu(({ id }, far) => {
      far.write(`{"event": "STOP", "timestamp": {}}\n${JSON.stringify({ return: {}, id })}\n`);
    });
    const qmp = await openQmp(near);
    const events: QmpEvent[] = [];
    const forget = qmp.listen((event) => events.push(event));

    await qmp.execute("stop");
    forget();
    await qmp.execute("stop");

    expect(events).toEqual([{ event: "STOP", data: {} }]);
    qmp.close();
  });

  it("fails what waits when QEMU goes, and everything after it", async () => {
    const { near } = startQemu((_message, far) => far.end());
    const qmp = await openQmp(near);
    const closed = { code: "unavailable", reason: "QMP_CLOSED" };
    await expect(qmp.execute("query-status")).rejects.toMatchObject(closed);
    await expect(qmp.execute("query-status")).rejects.toMatchObject(closed);
    expect(near.destroyed).toBe(true);
  });

  it("ends with bytes that are no QMP", async () => {
    const { near } = startQemu((_message, far) => void far.write("Segmentation fault\n"));
    const qmp = await openQmp(near);
    await expect(qmp.execute("query-status")).rejects.toMatchObject({ reason: "QMP_CLOSED" });
  });

  it("stops waiting when it is told to, and forgets the answer that comes too late", async () => {
    const stop = new AbortController();
    const { near, far } = startQemu(({ id, execute }) => {
      if (execute === "slow") stop.abort();
      else far.write(`{"return": "late", "id": "2"}\n${JSON.stringify({ return: "mine", id })}\n`);
    });
    const qmp = await openQmp(near);
    await expect(qmp.execute("slow", undefined, { signal: stop.signal })).rejects.toMatchObject({ code: "cancelled" });
    expect(await qmp.execute("next")).toBe("mine");
    qmp.close();
  });

  it("closes a socket whose greeting does not come", async () => {
    const { near } = createStreamPair();
    await expect(openQmp(near, { timeoutMs: 20 })).rejects.toMatchObject({ code: "deadline-exceeded" });
    expect(near.destroyed).toBe(true);
  });
});
