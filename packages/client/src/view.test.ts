import { contract, defineDriver, streaming, unary, type Remote } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { registryOf, serveLoopback, type LoopbackDevice } from "../test/loopback-exporter.ts";
import type { DeviceCall, DeviceCallOutcome } from "./access.ts";
import { connect } from "./connect.ts";

const relayContract = contract({
  name: "relay",
  label: "acme_relay.client.RelayClient",
  methods: { close: unary(), edges: streaming({ result: z.number() }) },
});
const relay = defineDriver({ contract: relayContract, client: (remote: Remote<typeof relayContract>) => remote });

class TestEndedError extends Error {
  override readonly name = "TestEndedError";
}

async function openBench(device: Omit<LoopbackDevice, "label">) {
  const exporter = await serveLoopback({ relay: { label: relayContract.label, ...device } });
  const session = await connect({ host: exporter.host, registry: registryOf(relay) });
  return {
    session,
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
    },
  };
}

describe("a view of a session", () => {
  it("rejects with the reason of its signal whatever is called after its end, and sends nothing", async () => {
    let calls = 0;
    await using bench = await openBench({ unary: { close: () => void (calls += 1) } });
    const attempt = new AbortController();
    const client = bench.session.view({ signal: attempt.signal }).device("relay").as(relay);
    await client.call("close");
    const ended = new TestEndedError("the test is over");
    attempt.abort(ended);
    await expect(client.call("close")).rejects.toBe(ended);
    await expect(client.stream("edges")[Symbol.asyncIterator]().next()).rejects.toBe(ended);
    expect(calls).toBe(1);
  });

  it("cuts calls that still run, and the driver learns of it", async () => {
    const started = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    await using bench = await openBench({
      unary: {
        close: (_args, { signal }) => {
          signal.addEventListener("abort", () => left.resolve());
          started.resolve();
          return left.promise;
        },
      },
    });
    const attempt = new AbortController();
    const closing = bench.session.view({ signal: attempt.signal }).device("relay").as(relay).call("close");
    await started.promise;
    const ended = new TestEndedError("the test is over");
    attempt.abort(ended);
    await expect(closing).rejects.toBe(ended);
    await left.promise;
  });

  it("leaves the session and other views alone", async () => {
    await using bench = await openBench({ unary: { close: () => null } });
    const attempt = new AbortController();
    bench.session.view({ signal: attempt.signal });
    attempt.abort(new TestEndedError("the test is over"));
    await expect(bench.session.device("relay").as(relay).call("close")).resolves.toBeUndefined();
    await expect(bench.session.view({}).device("relay").as(relay).call("close")).resolves.toBeUndefined();
  });

  it("tells its hooks of each use, before and after, and lets them refuse it", async () => {
    await using bench = await openBench({ unary: { close: () => null } });
    const before: DeviceCall[] = [];
    const after: DeviceCallOutcome[] = [];
    const view = bench.session.view({
      beforeCall: (call) => {
        before.push(call);
        if (before.length > 1) throw new Error("the rig is paused");
      },
      afterCall: (outcome) => void after.push(outcome),
    });
    const client = view.device("relay").as(relay);
    await client.call("close");
    await expect(client.call("close")).rejects.toThrow("the rig is paused");
    expect(before[0]).toEqual({ path: "relay", method: "close", kind: "unary", args: [] });
    expect(after).toEqual([expect.objectContaining({ method: "close", durationMs: expect.any(Number) })]);
  });

  it("attaches its metadata to each call", async () => {
    const seen: (string | undefined)[] = [];
    await using bench = await openBench({
      unary: { close: (_args, call) => void seen.push(call.header("x-jmp-attempt")) },
    });
    const view = bench.session.view({ metadata: { "x-jmp-attempt": "boots-1" } });
    await view.device("relay").as(relay).call("close");
    expect(seen).toEqual(["boots-1"]);
  });

  it("obeys the view that it was made from", async () => {
    await using bench = await openBench({ unary: { close: () => null } });
    const outer = new AbortController();
    const inner = bench.session.view({ signal: outer.signal }).view({ metadata: { "x-jmp-step": "1" } });
    const ended = new TestEndedError("the test is over");
    outer.abort(ended);
    await expect(inner.device("relay").as(relay).call("close")).rejects.toBe(ended);
  });
});
