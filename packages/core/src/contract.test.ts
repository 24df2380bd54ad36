import type { Readable } from "node:stream";

import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";

import { contract } from "./contract.ts";
import { defineDriver, type ClientOf } from "./definition.ts";
import { implement, serve, type DriverMethods, type DriverScope } from "./implementation.ts";
import { silentLogger } from "./logger.ts";
import { argument, byteStream, sink, source, streaming, unary } from "./method.ts";
import type { Remote } from "./remote.ts";
import type { ResourceSource } from "./resource.ts";
import { createScope } from "./scope.ts";

const flasherContract = contract({
  name: "flasher",
  label: "acme_flasher.client.FlasherClient",
  methods: {
    flash: unary({ arguments: [source("image"), argument("target", z.string().optional())], result: z.number().int() }),
    dump: unary({ arguments: [sink("image")] }),
    watch: streaming({
      arguments: [argument("every_ms", z.number().default(100))],
      result: z.object({ done: z.number() }),
    }),
    connect: byteStream(),
    rescue: unary({ isOptional: true }),
  },
});

const flasher = defineDriver({
  contract: flasherContract,
  client: (remote: Remote<typeof flasherContract>) => ({
    flash: (image: ResourceSource) => remote.call("flash", image),
  }),
});

const scopeFor = (): DriverScope =>
  Object.assign(createScope("export.flasher"), { log: silentLogger, baseDirectory: "/", children: {} });

describe("a contract", () => {
  it("gives the caller typed arguments and results", () => {
    type FlasherRemote = Remote<typeof flasherContract>;
    const use = (remote: FlasherRemote): void => {
      expectTypeOf(remote.call("flash", "image.hex")).resolves.toEqualTypeOf<number>();
      expectTypeOf(remote.call("flash", new Uint8Array(), "boot")).resolves.toEqualTypeOf<number>();
      expectTypeOf(remote.call("dump", "out.bin")).resolves.toEqualTypeOf<void>();
      expectTypeOf(remote.stream("watch")).toExtend<AsyncIterable<{ done: number }>>();
      // @ts-expect-error: the image is missing
      void remote.call("flash");
      // @ts-expect-error: no such method
      void remote.call("erase");
      // @ts-expect-error: a stream of items is not called
      void remote.call("watch");
      // @ts-expect-error: not a byte stream
      void remote.open("flash");
    };
    expect(use).toBeTypeOf("function");
    expectTypeOf<ClientOf<typeof flasher>>().toHaveProperty("flash");
  });

  it("gives the driver checked arguments, streams for resources, and the call last", () => {
    type Methods = DriverMethods<typeof flasherContract>;
    expectTypeOf<Parameters<Methods["flash"]>[0]>().toEqualTypeOf<Readable>();
    expectTypeOf<Parameters<Methods["flash"]>[1]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Parameters<Methods["watch"]>[0]>().toEqualTypeOf<number>();
    expectTypeOf<Parameters<Methods["watch"]>[1]["signal"]>().toEqualTypeOf<AbortSignal>();
    expectTypeOf<undefined>().toExtend<Methods["rescue"]>();
  });
});

describe("an implementation", () => {
  const opened = implement(flasher, z.strictObject({ size: z.number().default(32) }), ({ size }) => ({
    flash: () => size,
    dump: () => {},
    async *watch() {
      yield { done: size };
    },
    connect: () => {
      throw new Error("not in this test");
    },
  }));

  it("receives options that its schema has accepted and completed", async () => {
    await using scope = scopeFor();

    const served = await opened.open({}, scope);

    expect(served.contract).toBe(flasherContract);
    expect(served.methods["flash"]?.(...([] as never[]))).toBe(32);
  });

  it("never opens with options that its strict schema refuses, and says which", async () => {
    await using scope = scopeFor();

    await expect(opened.open({ size: "big", sise: 1 }, scope)).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "SCHEMA_MISMATCH",
      message: expect.stringMatching(/^the configuration of export\.flasher is not valid: .*size.*sise/),
    });
  });

  it("may serve children of its own making", async () => {
    const child = serve(
      defineDriver({ contract: contract({ name: "led", label: "acme.Led" }), client: () => ({}) }),
      {},
    );
    const withChild = implement(
      defineDriver({ contract: contract({ name: "board", label: "acme.Board" }), client: () => ({}) }),
      z.strictObject({}),
      () =>
        serve(
          { contract: contract({ name: "board", label: "acme.Board" }), client: () => ({}), console: undefined },
          {},
          { children: { led: child } },
        ),
    );
    await using scope = scopeFor();

    const served = await withChild.open({}, scope);

    expect(Object.keys(served.children)).toEqual(["led"]);
  });
});
