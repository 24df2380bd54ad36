import { Metadata, status as Status } from "@grpc/grpc-js";
import { errorCodes, JumpstarterError, messageOf } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { servePeer } from "../test/peers.ts";
import {
  ExporterServiceClient,
  ExporterServiceService,
  fromStatus,
  type Handlers,
  maxDetailsBytes,
  rpcStatusOf,
  service,
  toStatus,
} from "./index.ts";

describe("toStatus", () => {
  it.each([
    ["invalid-argument", Status.INVALID_ARGUMENT],
    ["not-found", Status.NOT_FOUND],
    ["unsupported", Status.UNIMPLEMENTED],
    ["deadline-exceeded", Status.DEADLINE_EXCEEDED],
    ["failed-precondition", Status.FAILED_PRECONDITION],
    ["unavailable", Status.UNAVAILABLE],
    ["permission-denied", Status.PERMISSION_DENIED],
    ["cancelled", Status.CANCELLED],
    ["internal", Status.UNKNOWN],
  ] as const)("answers %s with the status that a Python client knows", (code, status) => {
    expect(toStatus(new JumpstarterError("no", { code, reason: "R" })).code).toBe(status);
  });

  it("answers UNKNOWN with the text of any other error", () => {
    expect(toStatus(new TypeError("x is not a function"))).toMatchObject({
      code: Status.UNKNOWN,
      details: "x is not a function",
    });
    expect(toStatus("boom")).toMatchObject({ code: Status.UNKNOWN, details: "boom" });
  });
});

describe("a failed call, from server to client", () => {
  it.each(errorCodes)("keeps the code %s, the reason and the sentence", async (code) => {
    const error = await failureOf(new JumpstarterError("port 3 does not answer", { code, reason: "HUB_SILENT" }));

    expect(fromStatus(error, "power.on() failed")).toMatchObject({
      code,
      reason: "HUB_SILENT",
      message: "power.on() failed: port 3 does not answer",
    });
  });

  it.each([
    ["beyond ASCII", "µV · 電圧 · \u{1f50c}"],
    ["of several lines", "first\r\n\tsecond"],
    ["with percent signs", "100 % of %41"],
  ])("keeps a text %s", async (_name, text) => {
    expect(rpcStatusOf(await failureOf(new Error(text)))).toMatchObject({ details: text });
  });

  it("survives half a surrogate pair in its text", async () => {
    expect(rpcStatusOf(await failureOf(new Error("a\ud800b")))).toMatchObject({ details: "a\ufffdb" });
  });

  it.each(["x", "電"])("cuts a text of a million %s to what a header may hold", async (character) => {
    const status = rpcStatusOf(await failureOf(new Error(character.repeat(1_000_000))));

    const encoded = encodeURI(status?.details ?? "");
    expect(encoded.length).toBeLessThanOrEqual(maxDetailsBytes);
    expect(encoded.length).toBeGreaterThan(maxDetailsBytes - 20);
    expect(status?.details).toMatch(/…$/);
  });

  it("shows no stack of grpc-js, neither in its message nor in its cause", async () => {
    const error = fromStatus(await failureOf(new Error("no")), "power.on() failed");

    expect(messageOf(error)).toBe("power.on() failed: no");
    expect(error.cause).toMatchObject({ stack: "gRPC UNKNOWN: no" });
  });
});

describe("fromStatus", () => {
  it.each([
    [Status.UNAUTHENTICATED, "permission-denied"],
    [Status.RESOURCE_EXHAUSTED, "invalid-argument"],
    [Status.UNIMPLEMENTED, "unsupported"],
    [Status.ABORTED, "unavailable"],
    [Status.UNKNOWN, "internal"],
    [99, "internal"],
  ])("gives the status %i of a foreign server a code", (status, code) => {
    const error = fromStatus({ code: status, details: "", metadata: new Metadata() }, "the call failed");

    expect(error).toMatchObject({ code, message: `the call failed: ${Status[status] ?? status}` });
    expect(rpcStatusOf(error)).toEqual({ status, details: "" });
  });

  it("does not believe a code or a reason that it does not know", () => {
    const metadata = new Metadata();
    metadata.set("x-jmp-code", "fine");
    metadata.set("x-jmp-reason", "not a reason!");

    expect(fromStatus({ code: Status.NOT_FOUND, details: "x", metadata }, "c")).toMatchObject({
      code: "not-found",
      reason: "RPC_NOT_FOUND",
    });
  });

  it("passes on an error that is ours already", () => {
    const error = new JumpstarterError("no", { code: "cancelled", reason: "ABORTED" });

    expect(fromStatus(error, "c")).toBe(error);
    expect(rpcStatusOf(error)).toBeUndefined();
  });
});

async function failureOf(thrown: unknown): Promise<unknown> {
  const refuse: Handlers<typeof ExporterServiceService>["driverCall"] = (_call, answer) => answer(toStatus(thrown));
  // Only one method is called here; grpc-js answers UNIMPLEMENTED for the others.
  const handlers = { driverCall: refuse } as Handlers<typeof ExporterServiceService>;
  await using served = await servePeer(service(ExporterServiceService, handlers));
  const client = served.peer.client(ExporterServiceClient);
  return await new Promise((resolve) => {
    client.driverCall({ uuid: "u", method: "m", args: [] }, (error) => resolve(error));
  });
}
