import { randomUUID } from "node:crypto";
import { once } from "node:events";

import { decodeValue, fromStatus } from "@jumpstarter-ts/protocol";
import { describe, expect, it } from "vitest";

import { openBench } from "../test/bench.ts";
import { createProbe } from "../test/probe.ts";

const yaml = "export: { probe: { type: probe } }";

async function probeBench() {
  const probe = createProbe();
  const bench = await openBench({ yaml, drivers: { probe: probe.implementation } });
  return { ...bench, probe, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

describe("a driver call", () => {
  it("carries its argument and its result", async () => {
    await using bench = await probeBench();

    expect(await bench.call("probe", "echo", { a: [1, null, "x"], b: true })).toEqual({ a: [1, null, "x"], b: true });
  });

  it("fills in the arguments that were left out, and those that were skipped with null", async () => {
    await using bench = await probeBench();

    expect(await bench.call("probe", "add", 1)).toBe("101 mm");
    expect(await bench.call("probe", "add", 1, null, "cm")).toBe("101 cm");
    expect(await bench.call("probe", "add", 1, 2, null)).toBe("3 mm");
  });

  it.each([
    ["an unknown method", "jump", [], "not-found", "METHOD_UNKNOWN", "method jump not found on driver"],
    [
      "a name of every object",
      "constructor",
      [],
      "not-found",
      "METHOD_UNKNOWN",
      "method constructor not found on driver",
    ],
    [
      "a streaming method",
      "count",
      [3],
      "not-found",
      "METHOD_OF_OTHER_KIND",
      "method count missing marker unary: it is streaming",
    ],
    [
      "a byte stream",
      "connect",
      [],
      "not-found",
      "METHOD_OF_OTHER_KIND",
      "method connect missing marker unary: it is bytes",
    ],
    [
      "a method that this driver leaves out",
      "rescue",
      [],
      "unsupported",
      "METHOD_NOT_OFFERED",
      "probe does not offer rescue",
    ],
    [
      "a missing argument",
      "add",
      [],
      "invalid-argument",
      "ARGUMENT_MISSING",
      "argument 1 (left) of probe.add is missing",
    ],
    [
      "null for a needed argument",
      "add",
      [null],
      "invalid-argument",
      "ARGUMENT_MISSING",
      "argument 1 (left) of probe.add is null",
    ],
    [
      "too many arguments",
      "hang",
      [1],
      "invalid-argument",
      "ARGUMENT_COUNT",
      "probe.hang takes no arguments, but 1 were sent",
    ],
    [
      "an argument of the wrong type",
      "add",
      ["one"],
      "invalid-argument",
      "SCHEMA_MISMATCH",
      "argument 1 (left) of probe.add is not valid: Invalid input: expected number, received string",
    ],
    [
      "something else for a resource",
      "take",
      ["/etc/passwd"],
      "invalid-argument",
      "ARGUMENT_MISSING",
      "argument 1 (image) of probe.take is not a resource handle",
    ],
    [
      "a driver that throws an error of ours",
      "fail",
      ["ours"],
      "failed-precondition",
      "RAIL_SHORT",
      "the rail is short",
    ],
    ["a driver that throws anything else", "fail", ["foreign"], "internal", "RPC_UNKNOWN", "the coil is too hot"],
    ["a driver whose own wait ends", "fail", ["timeout"], "deadline-exceeded", "DRIVER_TIMEOUT", "no answer in time"],
    [
      "a driver whose peer is gone",
      "fail",
      ["refused"],
      "unavailable",
      "DRIVER_PEER_UNREACHABLE",
      "connect ECONNREFUSED",
    ],
    [
      "a driver that breaks its contract",
      "lie",
      [],
      "internal",
      "RESULT_INVALID",
      "the result of probe.lie is not valid: Invalid input: expected number, received string; this is a fault of the driver",
    ],
  ])("answers %s with one sentence", async (_case, method, args, code, reason, sentence) => {
    await using bench = await probeBench();

    await expect(bench.call("probe", method, ...args)).rejects.toMatchObject({
      code,
      reason,
      message: `${method}: ${sentence}`,
    });
  });

  it("for a device of another session says so", async () => {
    await using bench = await probeBench();

    await expect(bench.callDevice(randomUUID(), "on")).rejects.toMatchObject({
      code: "not-found",
      reason: "DEVICE_UNKNOWN",
    });
    await expect(bench.callDevice("not a uuid", "on")).rejects.toMatchObject({ code: "not-found" });
  });

  it("tells its driver when the client gives up", async () => {
    await using bench = await probeBench();
    const { call, result } = await bench.start("probe", "hang");
    await bench.probe.saw("hang started");

    call.cancel();

    await expect(result).rejects.toMatchObject({ code: "cancelled" });
    await bench.probe.saw("hang ended");
    expect(bench.probe.open).toEqual(new Set(["driver"]));
  });

  it("tells its driver when the client vanishes", async () => {
    await using bench = await probeBench();
    const { call } = await bench.start("probe", "hang");
    await bench.probe.saw("hang started");

    call.cancel();
    await bench[Symbol.asyncDispose]();

    await bench.probe.saw("hang ended");
    expect(bench.probe.open).toEqual(new Set());
  });

  it("that hangs and does not listen keeps nobody: neither its client, nor other calls, nor the end of the session", async () => {
    await using bench = await probeBench();
    const { result } = await bench.start("probe", "ignore_signal");
    await bench.probe.saw("ignore_signal started");

    expect(await bench.call("probe", "echo", 1)).toBe(1);
    await bench.exporter.close();

    await expect(result).rejects.toMatchObject({ code: "unavailable", reason: "SESSION_CLOSED" });
    expect(bench.probe.events).toContain("driver closed");
  });

  it("is refused while the session is not ready", async () => {
    await using bench = await probeBench();
    const { uuid } = await bench.find("probe");
    bench.exporter.session.setStatus(2);

    await expect(bench.callDevice(uuid, "echo", 1)).rejects.toMatchObject({
      code: "failed-precondition",
      reason: "NOT_READY",
      message: expect.stringContaining("EXPORTER_STATUS_AVAILABLE"),
    });
  });
});

describe("a streaming driver call", () => {
  it("carries its items and ends", async () => {
    await using bench = await probeBench();

    expect(await bench.items("probe", "count", 5)).toEqual([1, 2, 3, 4, 5]);
  });

  it("carries the items of before a failure, and then the failure", async () => {
    await using bench = await probeBench();

    await expect(bench.items("probe", "count_and_fail")).rejects.toMatchObject({
      message: "count_and_fail: the meter fell off",
      items: [1],
    });
  });

  it("to a method with one answer is refused", async () => {
    await using bench = await probeBench();

    await expect(bench.items("probe", "echo", 1)).rejects.toMatchObject({
      code: "not-found",
      message: "echo: method echo missing marker streaming: it is unary",
    });
  });

  it("produces no more than its client takes, and ends its generator when the client leaves", async () => {
    await using bench = await probeBench();
    const call = await bench.stream("probe", "flood");
    call.on("error", () => undefined);
    await once(call, "readable");
    // A second call proves that the first one does not run on: by its answer the first one has stalled or not.
    for (let turn = 0; turn < 20; turn += 1) await bench.call("probe", "echo", turn);

    expect(bench.probe.flooded()).toBeLessThan(60);

    call.cancel();
    await bench.probe.saw("flood ended");
    expect(bench.probe.open).toEqual(new Set(["driver"]));
  });

  it("is left while its driver waits for the next item", async () => {
    await using bench = await probeBench();
    const call = await bench.stream("probe", "wait");
    call.on("error", () => undefined);
    const [first] = await once(call, "data");
    await bench.probe.saw("wait started");

    call.cancel();

    await bench.probe.saw("wait ended");
    expect(decodeValue(first.result)).toBe(1);
  });

  it("ends with the session", async () => {
    await using bench = await probeBench();
    const call = await bench.stream("probe", "wait");
    const failed = once(call, "error");
    call.on("data", () => undefined);
    await bench.probe.saw("wait started");

    await bench.exporter.close();

    const [error] = await failed;
    expect(fromStatus(error, "wait")).toMatchObject({ code: "unavailable", reason: "SESSION_CLOSED" });
    expect(bench.probe.open).toEqual(new Set());
  });
});
