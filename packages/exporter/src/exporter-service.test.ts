import { contract, defineDriver, implement, unary } from "@jumpstarter-ts/core";
import { ExporterStatus, LogSource } from "@jumpstarter-ts/protocol";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { openBench } from "../test/bench.ts";
import type { LogRecord } from "./log-queue.ts";

const talker = defineDriver({
  contract: contract({
    name: "talker",
    label: "acme.client.Talker",
    methods: { say: unary({ arguments: [{ kind: "value", name: "text", schema: z.string(), help: undefined }] }) },
  }),
  client: () => ({}),
});

const openTalker = implement(talker, z.strictObject({}), (_options, scope) => {
  const { log } = scope;
  scope.defer(() => log.info("good bye"));
  return {
    say(text) {
      log.debug(`in detail: ${text}`);
      log.warning(text);
    },
  };
});

const talkerBench = (config = "{}", log?: (record: LogRecord) => void) =>
  openBench({ yaml: `export: { talker: { type: talker, config: ${config} } }`, drivers: { talker: openTalker }, log });

describe("the log of a session", () => {
  it("has what a driver says, and whose it is", async () => {
    const records: LogRecord[] = [];
    await using bench = await talkerBench("{}", (record) => records.push(record));
    const logs = bench.logs();
    await bench.call("talker", "say", "the relay clicked");

    const record = await bench.nextLog(logs);

    expect(record).toMatchObject({
      uuid: "",
      severity: "WARNING",
      message: "the relay clicked",
      source: LogSource.LOG_SOURCE_DRIVER,
    });
    expect(records).toEqual([
      {
        severity: "WARNING",
        message: "the relay clicked",
        source: LogSource.LOG_SOURCE_DRIVER,
        logger: "driver.talker",
      },
    ]);
    logs.destroy();
  });

  it("has as much detail as the configuration asks for", async () => {
    await using bench = await talkerBench("{ log_level: DEBUG }");
    const logs = bench.logs();
    await bench.call("talker", "say", "click");

    expect(await bench.nextLog(logs)).toMatchObject({ severity: "DEBUG", message: "in detail: click" });
    expect(await bench.nextLog(logs)).toMatchObject({ severity: "WARNING", message: "click" });
    logs.destroy();
  });

  it("keeps the last 256 records for a client that comes late", async () => {
    await using bench = await talkerBench();
    for (let index = 0; index < 300; index += 1) {
      bench.exporter.session.log({ severity: "INFO", message: `${index}`, source: 1, logger: "driver.talker" });
    }

    const logs = bench.logs();

    expect(await bench.nextLog(logs)).toMatchObject({ message: "44" });
    logs.destroy();
  });

  it("ends with the session, after the last word of its drivers", async () => {
    await using bench = await talkerBench();
    const messages: string[] = [];
    const logs = bench.logs();
    const reading = (async () => {
      for await (const record of logs) messages.push((record as { message: string }).message); // a log stream's messages
    })();
    await bench.call("talker", "say", "hello");

    await bench.exporter.close();
    await reading;

    expect(messages).toEqual(["hello", "good bye"]);
  });
});

describe("a session", () => {
  it("is ready from its first status on", async () => {
    await using bench = await talkerBench();

    expect(await bench.status()).toEqual({
      status: ExporterStatus.EXPORTER_STATUS_LEASE_READY,
      message: undefined,
      statusVersion: 1,
      previousStatus: ExporterStatus.EXPORTER_STATUS_AVAILABLE,
    });
  });

  it("that is local has no lease to end", async () => {
    await using bench = await talkerBench();

    expect(await bench.endSession()).toEqual({ success: false, message: "No active lease context" });
  });

  it("hears the end from a direct client, and goes on for the next one", async () => {
    await using bench = await openBench({
      yaml: "export: { talker: { type: talker } }",
      drivers: { talker: openTalker },
      listen: { host: "127.0.0.1", port: 0, insecure: true },
    });

    expect(await bench.endSession()).toMatchObject({ success: true });
    expect(await bench.call("talker", "say", "still here")).toBeNull();
  });

  it("has no reset, as upstream's", async () => {
    await using bench = await talkerBench();

    await expect(bench.reset()).rejects.toMatchObject({ code: "unsupported" });
  });

  it("gives its own uuid and the exporter's name, and new uuids to its devices", async () => {
    await using one = await talkerBench();
    await using two = await talkerBench();

    const [first, second] = [await one.report(), await two.report()];

    expect(first.labels).toEqual(new Map([["jumpstarter.dev/name", "bench"]]));
    const uuids = [first, second].flatMap(({ uuid, reports }) => [uuid, ...reports.map(({ uuid }) => uuid)]);
    expect(new Set(uuids).size).toBe(6);
  });
});
