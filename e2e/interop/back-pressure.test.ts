import { once } from "node:events";
import { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";

import {
  contract,
  defineDriver,
  serve,
  sink,
  source,
  unary,
  type Remote,
  type ResourceSink,
  type ResourceSource,
} from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const mebi = 1024 ** 2;
/** Set JMP_TEST_TRANSFER_MIB to 2048 for the figure in the issue. */
const totalMebi = Number(process.env["JMP_TEST_TRANSFER_MIB"] ?? 256);
const totalBytes = totalMebi * mebi;
const chunk = Buffer.alloc(mebi, "jumpstarter");
/** In the windows of both ends, the queues of both streams, the socket, and the reader's and writer's own buffers. */
const maxBytesUnderWay = 8 * mebi;
/** One machine, one process: what both ends together may grow by. */
const maxGrowthMebi = 200;

const diskContract = contract({
  name: "disk",
  label: "acme_disk.client.DiskClient",
  methods: {
    write: unary({ arguments: [source("image")], result: z.number() }),
    read: unary({ arguments: [sink("target")] }),
  },
});
const disk = defineDriver({
  contract: diskContract,
  client: (remote: Remote<typeof diskContract>) => ({
    write: (from: ResourceSource, signal?: AbortSignal) => remote.with({ signal }).call("write", from),
    read: (to: ResourceSink, signal?: AbortSignal) => remote.with({ signal }).call("read", to),
  }),
});

/** What was given away and what arrived, and how far the two were apart at most. */
function createGauge() {
  const gauge = { sent: 0, received: 0, mostUnderWay: 0, mostResident: 0 };
  const atStart = process.memoryUsage.rss();
  return {
    send(bytes: number): void {
      gauge.sent += bytes;
      gauge.mostUnderWay = Math.max(gauge.mostUnderWay, gauge.sent - gauge.received);
    },
    receive(bytes: number): void {
      gauge.received += bytes;
      gauge.mostResident = Math.max(gauge.mostResident, process.memoryUsage.rss() - atStart);
    },
    summary: () => ({ ...gauge, grownMebi: Math.round(gauge.mostResident / mebi) }),
  };
}
type Gauge = ReturnType<typeof createGauge>;

async function* synthetic(gauge: Gauge): AsyncGenerator<Uint8Array> {
  for (let left = totalBytes; left > 0; left -= chunk.length) {
    gauge.send(chunk.length);
    yield chunk;
  }
}

/** A disk lets the rest of the process run many times between any two pieces that it takes. */
async function turnSlowly(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
}

async function takeSlowly(stream: AsyncIterable<Uint8Array>, gauge: Gauge): Promise<number> {
  let bytes = 0;
  for await (const piece of stream) {
    await turnSlowly();
    bytes += piece.length;
    gauge.receive(piece.length);
  }
  return bytes;
}

describe(`${totalMebi} MiB and a slow disk`, () => {
  it("slow the sender down, and memory stays flat, where the disk is the exporter's", async () => {
    const gauge = createGauge();
    const served = serve(disk, { write: (image) => takeSlowly(image, gauge), read: () => undefined });
    await using bench = await serveDriver(served, { definition: disk });

    const written = await bench.client.write(synthetic(gauge));

    const summary = gauge.summary();
    report("client to a slow exporter", summary);
    expect(written).toBe(totalBytes);
    expect(summary.mostUnderWay).toBeLessThan(maxBytesUnderWay);
    expect(summary.grownMebi).toBeLessThan(maxGrowthMebi);
  }, 300_000);

  it("slow the driver down, and memory stays flat, where the disk is the client's", async () => {
    const gauge = createGauge();
    const served = serve(disk, {
      write: () => 0,
      async read(target) {
        for await (const piece of synthetic(gauge)) if (!target.write(piece)) await once(target, "drain");
      },
    });
    await using bench = await serveDriver(served, { definition: disk });
    const slow = new Writable({
      write(piece: Uint8Array, _encoding, done) {
        gauge.receive(piece.length);
        void turnSlowly().then(() => done());
      },
    });

    await bench.client.read(slow);

    const summary = gauge.summary();
    report("exporter to a slow client", summary);
    expect(summary.received).toBe(totalBytes);
    expect(summary.mostUnderWay).toBeLessThan(maxBytesUnderWay);
    expect(summary.grownMebi).toBeLessThan(maxGrowthMebi);
  }, 300_000);
});

describe("a transfer that is given up in the middle", () => {
  it("ends the driver's stream with an error and the source with its clean-up, when the client gives up", async () => {
    const stop = new AbortController();
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const { promise: driverSaw, resolve: sawError } = Promise.withResolvers<unknown>();
    const served = serve(disk, {
      async write(image) {
        try {
          for await (const piece of image) if (piece.length > 0) start();
          return 0;
        } catch (error) {
          sawError(error);
          throw error;
        }
      },
      read: () => undefined,
    });
    await using bench = await serveDriver(served, { definition: disk });
    const { promise: cleanedUp, resolve: cleanUp } = Promise.withResolvers<string>();
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield chunk;
      } finally {
        cleanUp("closed");
      }
    }

    const writing = bench.client.write(endless(), stop.signal);
    await started;
    stop.abort();

    await expect(writing).rejects.toMatchObject({ code: "cancelled" });
    await expect(cleanedUp).resolves.toBe("closed");
    await expect(driverSaw).resolves.toBeInstanceOf(Error);
  });

  it("ends the call and the source, when the driver gives up", async () => {
    const served = serve(disk, {
      async write(image) {
        for await (const piece of image) if (piece.length > 0) throw new Error("the disk is full");
        return 0;
      },
      read: () => undefined,
    });
    await using bench = await serveDriver(served, { definition: disk });
    const { promise: cleanedUp, resolve: cleanUp } = Promise.withResolvers<string>();
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield chunk;
      } finally {
        cleanUp("closed");
      }
    }

    await expect(bench.client.write(endless())).rejects.toThrow("the disk is full");

    await expect(cleanedUp).resolves.toBe("closed");
  });
});

function report(what: string, { mostUnderWay, grownMebi }: { mostUnderWay: number; grownMebi: number }): void {
  if (process.env["JMP_TEST_TRANSFER_MIB"] === undefined) return;
  process.stdout.write(
    `${totalMebi} MiB, ${what}: ${(mostUnderWay / mebi).toFixed(1)} MiB under way at most, +${grownMebi} MiB resident\n`,
  );
}
