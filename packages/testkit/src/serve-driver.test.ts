import { Writable } from "node:stream";
import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";

import {
  argument,
  byteStream,
  contract,
  defineDriver,
  implement,
  openChild,
  serve,
  sink,
  source,
  unary,
  type ByteStream,
  type Console,
  type Remote,
  type ResourceSink,
  type ResourceSource,
} from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { consoleConformance } from "./console-conformance.ts";
import { createPortPair, type FarEnd } from "./port-pair.ts";
import { serveDriver } from "./serve-driver.ts";

const portContract = contract({
  name: "port",
  label: "acme_port.client.PortClient",
  methods: { connect: byteStream() },
});
interface PortClient extends Console {
  open(): Promise<ByteStream>;
}
const portDefinition = defineDriver({
  contract: portContract,
  console: "connect",
  client: (remote: Remote<typeof portContract>): PortClient => ({
    ...remote.console("connect"),
    open: () => remote.open("connect"),
  }),
});

/** A port whose far end, of each time it is opened, the test gets. */
async function openPort() {
  const { promise: far, resolve } = Promise.withResolvers<FarEnd>();
  const served = await serveDriver(
    serve(portDefinition, {
      connect() {
        const pair = createPortPair();
        resolve(pair.far);
        return pair.near;
      },
    }),
    { definition: portDefinition },
  );
  return {
    client: served.client,
    far: () => far,
    openStream: () => served.client.open(),
    canHalfClose: true,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

describe("a console over gRPC", () => {
  consoleConformance({ it, expect }, openPort);
});

const meterContract = contract({
  name: "meter",
  label: "acme_meter.client.MeterClient",
  methods: {
    scale: unary({ arguments: [argument("by", z.number().optional())], result: z.number() }),
    sum: unary({ arguments: [source("data")], result: z.number() }),
    samples: unary({ arguments: [sink("file")] }),
  },
});
const meter = defineDriver({
  contract: meterContract,
  client: (remote: Remote<typeof meterContract>) => ({
    scale: (by?: number) => remote.call("scale", by),
    sum: (data: ResourceSource) => remote.call("sum", data),
    samples: (file: ResourceSink) => remote.call("samples", file),
  }),
});
const openMeter = implement(meter, z.strictObject({ factor: z.number() }), ({ factor }, scope) => ({
  scale: (by = 1) => factor * by * Object.keys(scope.children).length,
  async sum(data) {
    let sum = 0;
    for await (const chunk of data as AsyncIterable<Uint8Array>) for (const byte of chunk) sum += byte;
    return sum;
  },
  samples: (file) => void file.end(Buffer.alloc(100_000, "sample ")),
}));

describe("serveDriver", () => {
  it("opens an implementation with its options and children, and gives its typed client", async () => {
    const child = serve(portDefinition, { connect: () => createPortPair().near });
    await using served = await serveDriver(openMeter, {
      definition: meter,
      options: { factor: 3 },
      children: { port: child, other: { implementation: openMeter, options: { factor: 1 } } },
      definitions: [portDefinition],
    });

    await expect(served.client.scale(2)).resolves.toBe(12);
    await expect(served.client.scale()).resolves.toBe(6);
    expect(served.session.device("meter.port").definition).toBe(portDefinition);
  });

  it("gives the clients of children that a driver opens by itself, and of no other", async () => {
    const panel = defineDriver({
      contract: contract({ name: "panel", label: "acme_panel.client.PanelClient" }),
      client: (remote: Remote) => ({ meter: (name: string) => remote.child(name, meter) }),
    });
    const openPanel = implement(panel, z.strictObject({}), async (_options, scope) => {
      const left = await openChild(scope, "left", openMeter, { options: { factor: 5 }, children: scope.children });
      return serve(panel, {}, { children: { left } });
    });
    await using served = await serveDriver(openPanel, {
      definition: panel,
      children: { light: serve(portDefinition, { connect: () => createPortPair().near }) },
      definitions: [meter, portDefinition],
    });

    await expect(served.client.meter("left")?.scale()).resolves.toBe(5);
    expect(served.client.meter("right")).toBeUndefined();
    expect(() => served.client.meter("light")).toThrow("panel.light is of the kind acme_port.client.PortClient");
  });

  it("carries resources both ways, compressed by whoever can", async () => {
    await using served = await serveDriver(openMeter, { definition: meter, options: { factor: 1 } });
    const twos = new Uint8Array(200_000).fill(2);
    await expect(served.client.sum(twos)).resolves.toBe(400_000);
    await expect(served.client.sum({ from: gzipSync(twos), encoding: "gzip" })).resolves.toBe(400_000);
    await expect(served.client.sum({ from: zstdCompressSync(twos), encoding: "zstd" })).resolves.toBe(400_000);
    const chunks: Buffer[] = [];
    const to = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });
    await served.client.samples({ to, encoding: "gzip" });
    expect(gunzipSync(Buffer.concat(chunks)).equals(Buffer.alloc(100_000, "sample "))).toBe(true);
  });

  it("opens consoles before the test begins, if it is asked to", async () => {
    let openings = 0;
    const port = serve(portDefinition, {
      connect() {
        openings += 1;
        return createPortPair().near;
      },
    });
    await using served = await serveDriver(port, { definition: portDefinition, recordConsoles: true });
    expect(openings).toBe(1);
    expect(served.session.consoleRecorders()).toHaveLength(1);
  });

  it("throws what the driver says of its options", async () => {
    await expect(serveDriver(openMeter, { definition: meter, options: { factr: 3 } })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("tells a clean-up that failed", async () => {
    const stuck = implement(meter, z.strictObject({}), (_options, scope) => {
      scope.defer(
        () => {
          throw new Error("relay is stuck");
        },
        { what: "open the relay" },
      );
      return { scale: () => 1, sum: () => 1, samples: () => undefined };
    });
    const served = await serveDriver(stuck, { definition: meter });
    await expect(served[Symbol.asyncDispose]()).rejects.toThrow("relay is stuck");
  });
});
