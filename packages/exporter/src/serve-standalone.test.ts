import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { parseExporterConfig } from "@jumpstarter-ts/config";
import { ExporterStatus, LogSource } from "@jumpstarter-ts/protocol";
import { describe, expect, it } from "vitest";

import { connect, registryOf } from "../test/bench.ts";
import { rail } from "../test/rail.ts";
import type { LogRecord } from "./log-queue.ts";
import { serveStandalone } from "./serve-standalone.ts";

const { EXPORTER_STATUS_AVAILABLE: available, EXPORTER_STATUS_LEASE_READY: leaseReady } = ExporterStatus;

/** For a hook: calls a method of a device of the exporter in whose hook it is. */
const j = `${process.execPath} ${fileURLToPath(import.meta.resolve("../test/call.ts"))}`;

interface Hooks {
  readonly beforeLease?: object;
  readonly afterLease?: object;
}

async function openStandalone(hooks: Hooks) {
  const directory = await mkdtemp(join(tmpdir(), "standalone-"));
  const stateFile = join(directory, "rail.txt");
  const ready = Promise.withResolvers<{ readonly host: string; readonly hookHost: string | undefined }>();
  const stop = new AbortController();
  const hurry = new AbortController();
  const records: LogRecord[] = [];
  const ended = serveStandalone({
    config: parseExporterConfig(
      JSON.stringify({ export: { rail: { type: "rail", config: { file: stateFile } } }, hooks, motd: "welcome" }),
      { file: join(directory, "bench.yaml"), env: {} },
    ),
    registry: registryOf({ rail }),
    listen: { host: "127.0.0.1", port: 0, insecure: true, passphrase: "open sesame" },
    log: (record) => records.push(record),
    onReady: ready.resolve,
    stop: stop.signal,
    hurry: hurry.signal,
    killAfterMs: 200,
  });
  ended.catch(ready.reject);
  const { host, hookHost } = await ready.promise;
  const client = connect(host, { passphrase: "open sesame" });
  const statusIs = async (status: ExporterStatus) => {
    await expect.poll(async () => (await client.status()).status, { timeout: 10_000, interval: 20 }).toBe(status);
  };
  return {
    client,
    ended,
    stop,
    hurry,
    hookHost,
    statusIs,
    messages: () => records.map(({ message }) => message),
    logged: async (message: string) => {
      await expect.poll(() => records.map((each) => each.message), { timeout: 10_000 }).toContain(message);
    },
    states: async () => (existsSync(stateFile) ? (await readFile(stateFile, "utf8")).trim().split("\n") : []),
    async [Symbol.asyncDispose]() {
      hurry.abort();
      stop.abort();
      await client[Symbol.asyncDispose]();
      await ended;
      await rm(directory, { recursive: true });
    },
  };
}

describe("an exporter without a lab", () => {
  it("is ready after its first hook, which uses its devices through a socket of its own", async () => {
    await using bench = await openStandalone({ beforeLease: { script: `${j} rail on` } });
    await bench.statusIs(leaseReady);

    expect(await bench.states()).toEqual(["on"]);
    expect(await bench.client.status()).toMatchObject({ message: "Ready for commands", statusVersion: 2 });
    expect(dirname(bench.hookHost ?? "")).toMatch(/\/jumpstarter-\w+$/);
  });

  it("tells clients what a hook says, and that it only warns", async () => {
    await using bench = await openStandalone({ beforeLease: { script: "echo warming up; exit 3" } });
    await bench.statusIs(leaseReady);

    expect(await bench.client.status()).toMatchObject({
      message: "[HOOK_WARNING] beforeLease hook failed: exit code 3",
    });
    const logs = bench.client.logs();
    const records = [await bench.client.nextLog(logs), await bench.client.nextLog(logs)];
    logs.cancel();
    logs.on("error", () => undefined);
    expect(records.at(-1)).toMatchObject({
      message: "warming up",
      source: LogSource.LOG_SOURCE_BEFORE_LEASE_HOOK,
      severity: "INFO",
    });
  });

  it("tells clients what its first hook has written for them, beside its own words", async () => {
    await using bench = await openStandalone({ beforeLease: { script: 'echo "mind the fan" > "$JMP_MOTD_FILE"' } });
    await bench.statusIs(leaseReady);

    expect(await bench.client.report()).toMatchObject({ motd: "welcome\nmind the fan" });
  });

  it("cleans up once a client ends its session, and begins anew with the next client", async () => {
    await using bench = await openStandalone({
      beforeLease: { script: "echo before" },
      afterLease: { script: "echo after" },
    });
    await bench.statusIs(leaseReady);

    expect(await bench.client.endSession()).toMatchObject({ success: true });
    await bench.statusIs(available);
    expect(await bench.client.status()).toMatchObject({ message: "Available for new lease" });
    await bench.client.report();
    await bench.statusIs(leaseReady);

    expect(bench.messages().filter((message) => /^(?:before|after)$/.test(message))).toEqual([
      "before",
      "after",
      "before",
    ]);
  });

  it("that is stopped cleans up with its devices, switches them off and removes its socket", async () => {
    await using bench = await openStandalone({ afterLease: { script: `${j} rail on` } });
    await bench.statusIs(leaseReady);

    bench.stop.abort();

    expect(await bench.ended).toEqual({ exitCode: 0, isStopping: true });
    expect(await bench.states()).toEqual(["on", "off"]);
    expect(existsSync(bench.hookHost ?? "")).toBe(false);
  });

  it("that is stopped in its first hook cuts it short, and cleans up", async () => {
    await using bench = await openStandalone({
      beforeLease: { script: "echo started; sleep 60", onFailure: "exit" },
      afterLease: { script: "echo after" },
    });
    await bench.logged("started");

    bench.stop.abort();

    expect(await bench.ended).toEqual({ exitCode: 0, isStopping: true });
    expect(bench.messages()).toContain("after");
    expect(bench.messages()).not.toContain("Ready for commands");
  });

  it("in a hurry waits for no hook", async () => {
    await using bench = await openStandalone({
      afterLease: { script: "echo started; trap '' TERM; while :; do sleep 1; done" },
    });
    await bench.statusIs(leaseReady);
    bench.stop.abort();
    await bench.logged("started");

    bench.hurry.abort();

    expect(await bench.ended).toEqual({ exitCode: 0, isStopping: true });
    expect(await bench.states()).toEqual(["off"]);
  });

  it.each(["beforeLease", "afterLease"])("ends with 1 where %s fails and asks for it", async (hook) => {
    await using bench = await openStandalone({ [hook]: { script: "exit 3", onFailure: "exit" } });
    // Before a lease it may be gone already.
    await bench.client.endSession().catch(() => undefined);

    expect(await bench.ended).toEqual({ exitCode: 1, isStopping: true });
  });

  it("without hooks has no socket for them, and is available between its clients", async () => {
    await using bench = await openStandalone({});
    await bench.statusIs(leaseReady);
    expect(bench.hookHost).toBeUndefined();
    await bench.client.endSession();
    await bench.statusIs(available);

    await expect(bench.client.callDevice("x", "on")).rejects.toMatchObject({ code: "failed-precondition" });
    await bench.client.report();
    await bench.statusIs(leaseReady);
  });
});
