import { ExporterStatus } from "@jumpstarter-ts/protocol";
import { describe, expect, it } from "vitest";

import { registryOf, serveLoopback } from "../test/loopback-exporter.ts";
import { connect } from "./connect.ts";

const preparing = { status: ExporterStatus.EXPORTER_STATUS_BEFORE_LEASE_HOOK };
const ready = { status: ExporterStatus.EXPORTER_STATUS_LEASE_READY, message: "Ready for commands" };

describe("an exporter's status", () => {
  it("is waited for while the bench is prepared", async () => {
    await using exporter = await serveLoopback({}, { statuses: [preparing, preparing, ready] });
    await using session = await connect({ host: exporter.host, registry: registryOf() });
    await expect(session.waitUntilReady()).resolves.toEqual({ state: "lease-ready", message: "Ready for commands" });
  });

  it("says why the bench could not be prepared", async () => {
    const failed = { status: ExporterStatus.EXPORTER_STATUS_BEFORE_LEASE_HOOK_FAILED, message: "no 12 V" };
    await using exporter = await serveLoopback({}, { statuses: [preparing, failed] });
    await using session = await connect({ host: exporter.host, registry: registryOf() });
    await expect(session.waitUntilReady()).rejects.toMatchObject({
      code: "failed-precondition",
      reason: "EXPORTER_HOOK_FAILED",
      message: `the exporter at ${exporter.host} could not prepare the bench: no 12 V`,
    });
  });

  it("is not waited for beyond the deadline or the signal", async () => {
    await using exporter = await serveLoopback({}, { statuses: [preparing] });
    await using session = await connect({ host: exporter.host, registry: registryOf() });
    await expect(session.waitUntilReady({ timeoutMs: 20 })).rejects.toMatchObject({ code: "deadline-exceeded" });
    await expect(session.waitUntilReady({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("an exporter's log", () => {
  it("is followed until the reader leaves", async () => {
    await using exporter = await serveLoopback({}, { logs: ["power on", "power off"] });
    await using session = await connect({ host: exporter.host, registry: registryOf() });
    const controller = new AbortController();
    const records: unknown[] = [];
    for await (const record of session.logs({ signal: controller.signal })) {
      records.push(record);
      if (records.length === 2) controller.abort();
    }
    expect(records).toEqual([
      { severity: "INFO", message: "power on", source: "driver" },
      { severity: "INFO", message: "power off", source: "driver" },
    ]);
  });

  it("ends with the session, also while it is being opened again", async () => {
    const exporter = await serveLoopback({}, { logs: ["once"] });
    await using session = await connect({ host: exporter.host, registry: registryOf() });
    const log = session.logs()[Symbol.asyncIterator]();
    await log.next();
    await exporter[Symbol.asyncDispose]();
    const next = log.next();
    await session[Symbol.asyncDispose]();
    await expect(next).resolves.toEqual({ value: undefined, done: true });
  });
});

describe("the end of a session", () => {
  it("is told to the exporter, which answers whether it held a lease", async () => {
    await using exporter = await serveLoopback({});
    await using session = await connect({ host: exporter.host, registry: registryOf() });
    await expect(session.endSession()).resolves.toEqual({ isEnding: false, message: "No active lease context" });
  });
});
