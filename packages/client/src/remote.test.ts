import { once } from "node:events";

import {
  argument,
  byteStream,
  contract,
  defineDriver,
  JumpstarterError,
  messageOf,
  streaming,
  unary,
  type Remote,
} from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { registryOf, serveLoopback, type LoopbackDevice } from "../test/loopback-exporter.ts";
import { connect } from "./connect.ts";

const fanContract = contract({
  name: "fan",
  label: "acme_fan.client.FanClient",
  methods: {
    set: unary({
      arguments: [argument("rpm", z.number().int().positive()), argument("ramp", z.string().optional())],
      result: z.number(),
    }),
    stop: unary(),
    label: unary({ result: z.string().optional() }),
    speeds: streaming({ result: z.object({ rpm: z.number() }) }),
    shake: unary({ isOptional: true }),
    connect: byteStream(),
  },
});
const fan = defineDriver({ contract: fanContract, client: (remote: Remote<typeof fanContract>) => remote });

async function openFan(device: Omit<LoopbackDevice, "label">) {
  const exporter = await serveLoopback({ fan: { label: fanContract.label, ...device } });
  const session = await connect({ host: exporter.host, registry: registryOf(fan) });
  return {
    exporter,
    remote: session.device("fan").as(fan),
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
    },
  };
}

describe("a call", () => {
  it("leaves out what is left out at the end, for the driver's own defaults, and checks the answer", async () => {
    const received: unknown[] = [];
    await using bench = await openFan({
      unary: {
        set: (args) => {
          received.push(...args);
          return 900;
        },
      },
    });
    await expect(bench.remote.call("set", 900)).resolves.toBe(900);
    expect(received).toEqual([900]);
  });

  it("refuses a wrong argument before anything is sent, and names it", async () => {
    let calls = 0;
    await using bench = await openFan({ unary: { set: () => (calls += 1) } });
    const sent = bench.remote.call("set", -1);
    await expect(sent).rejects.toMatchObject({ code: "invalid-argument", reason: "SCHEMA_MISMATCH" });
    await expect(sent).rejects.toThrow(/^argument 1 \(rpm\) of fan\.set is not valid: /);
    expect(calls).toBe(0);
  });

  it("refuses an answer that the contract does not allow, and shows it", async () => {
    await using bench = await openFan({ unary: { set: () => "fast" } });
    const answer = bench.remote.call("set", 1);
    await expect(answer).rejects.toMatchObject({ code: "internal", reason: "ANSWER_INVALID" });
    await expect(answer).rejects.toThrow(/^fan\.set did not answer as its contract says: .*; it sent "fast"$/);
  });

  it("takes null for an answer that may be left out, and ignores one that is not wanted", async () => {
    await using bench = await openFan({ unary: { label: () => null, stop: () => "stopped" } });
    await expect(bench.remote.call("label")).resolves.toBeUndefined();
    await expect(bench.remote.call("stop")).resolves.toBeUndefined();
  });

  it("keeps the code and the reason that the driver gave, and no stack of the wire", async () => {
    await using bench = await openFan({
      unary: {
        stop: () => {
          throw new JumpstarterError("the fan is jammed", { code: "failed-precondition", reason: "FAN_JAMMED" });
        },
      },
    });
    const error: unknown = await bench.remote.call("stop").catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "failed-precondition", reason: "FAN_JAMMED" });
    expect(messageOf(error)).toBe("fan.stop failed: the fan is jammed");
    const { stack = "" } = error as Error;
    expect(stack).not.toContain("grpc-js");
    // It leads to the line of the test.
    expect(stack).toContain("remote.test.ts");
  });

  it("is unsupported where the driver lacks the method", async () => {
    await using bench = await openFan({});
    await expect(bench.remote.call("shake")).rejects.toMatchObject({
      code: "unsupported",
      reason: "METHOD_UNSUPPORTED",
      message: expect.stringMatching(/^fan\.shake failed: the driver does not offer it/),
    });
  });

  it("ends with its signal, and the driver learns of it", async () => {
    const left = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    await using bench = await openFan({
      unary: {
        stop: (_args, { signal }) => {
          signal.addEventListener("abort", () => left.resolve());
          started.resolve();
          return left.promise;
        },
      },
    });
    const controller = new AbortController();
    const stopping = bench.remote.with({ signal: controller.signal }).call("stop");
    await started.promise;
    controller.abort();
    await expect(stopping).rejects.toMatchObject({ code: "cancelled", message: "fan.stop was cancelled" });
    await left.promise;
  });

  it("ends with its deadline", async () => {
    await using bench = await openFan({ unary: { stop: () => new Promise(() => undefined) } });
    await expect(bench.remote.with({ timeoutMs: 20 }).call("stop")).rejects.toMatchObject({
      code: "deadline-exceeded",
      message: "fan.stop did not finish within 20ms",
    });
  });

  it("names the host of an exporter that vanished", async () => {
    const started = Promise.withResolvers<void>();
    await using bench = await openFan({
      unary: {
        stop: () => {
          started.resolve();
          return new Promise(() => undefined);
        },
      },
    });
    const stopping = bench.remote.call("stop");
    stopping.catch(() => undefined);
    await started.promise;
    await bench.exporter.vanish();
    await expect(stopping).rejects.toMatchObject({ code: "unavailable", reason: "EXPORTER_UNAVAILABLE" });
    await expect(stopping).rejects.toThrow(`the exporter at ${bench.exporter.host} does not answer any more`);
  });
});

describe("a streaming call", () => {
  it("yields checked items and ends with the driver", async () => {
    await using bench = await openFan({
      streaming: {
        async *speeds() {
          yield { rpm: 1 };
          yield { rpm: 2 };
        },
      },
    });
    const items: unknown[] = [];
    for await (const item of bench.remote.stream("speeds")) items.push(item);
    expect(items).toEqual([{ rpm: 1 }, { rpm: 2 }]);
  });

  it("is ended on the exporter when the loop is left early", async () => {
    const left = Promise.withResolvers<void>();
    await using bench = await openFan({
      streaming: {
        async *speeds(_args, { signal }) {
          signal.addEventListener("abort", () => left.resolve());
          for (;;) yield { rpm: await new Promise<number>((resolve) => setImmediate(resolve, 5)) };
        },
      },
    });
    for await (const { rpm } of bench.remote.stream("speeds")) {
      expect(rpm).toBe(5);
      break;
    }
    await left.promise;
  });

  it("fails after the items that came before the failure", async () => {
    await using bench = await openFan({
      streaming: {
        async *speeds() {
          yield { rpm: 1 };
          throw new Error("belt torn");
        },
      },
    });
    const items: unknown[] = [];
    const loop = (async () => {
      for await (const item of bench.remote.stream("speeds")) items.push(item);
    })();
    await expect(loop).rejects.toThrow("fan.speeds failed: belt torn");
    expect(items).toEqual([{ rpm: 1 }]);
  });
});

describe("a byte stream", () => {
  it("carries bytes both ways and ends one direction at a time", async () => {
    await using bench = await openFan({ bytes: { connect: (stream) => void stream.pipe(stream) } });
    const stream = await bench.remote.open("connect");
    stream.end("hello");
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
    expect(Buffer.concat(chunks).toString()).toBe("hello");
  });

  it("ends with `unavailable`, naming the host, when the exporter vanishes", async () => {
    await using bench = await openFan({ bytes: { connect: (stream) => void stream.on("error", () => undefined) } });
    const stream = await bench.remote.open("connect");
    const failure = once(stream, "end").catch((error: unknown) => error);

    await bench.exporter.vanish();

    expect(await failure).toMatchObject({
      code: "unavailable",
      reason: "EXPORTER_UNAVAILABLE",
      message: expect.stringContaining(bench.exporter.host),
    });
  });

  it("is destroyed when the session closes, without an uncaught error", async () => {
    const bench = await openFan({ bytes: { connect: (stream) => void stream.on("error", () => undefined) } });
    const stream = await bench.remote.open("connect");
    await bench[Symbol.asyncDispose]();
    expect(stream.destroyed).toBe(true);
    await expect(bench.remote.call("stop")).rejects.toMatchObject({ reason: "SESSION_CLOSED" });
  });
});
