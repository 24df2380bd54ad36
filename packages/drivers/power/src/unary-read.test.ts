import { contract, defineDriver, serve, unary } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { power } from "./client.ts";
import { powerContract } from "./contract.ts";

/** Several upstream power drivers have a `read` that is no stream, and cannot measure. */
const { on, off } = powerContract.methods;
const unaryRead = contract({
  name: "power",
  label: powerContract.label,
  methods: { on, off, read: unary({ result: z.null() }) },
});
const served = serve(defineDriver({ contract: unaryRead, client: () => ({}) }), {
  on: () => undefined,
  off: () => undefined,
  read: () => null,
});

describe("a power driver that cannot measure", () => {
  it("answers a read with unsupported, and is switched as any other", async () => {
    await using bench = await serveDriver(served, { definition: power });
    await bench.client.on();
    await expect(bench.client.read()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "unsupported",
      reason: "METHOD_UNSUPPORTED",
    });
  });
});
