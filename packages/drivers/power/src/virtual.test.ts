import { serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { virtualPower } from "./virtual.ts";

/** A virtual device whose driver keeps what it was asked, as it came over the wire. */
async function openVirtual() {
  const calls: unknown[] = [];
  const served = await serveDriver(
    serve(virtualPower, {
      on: () => void calls.push("on"),
      off: (destroy) => void calls.push(["off", destroy]),
      async *read() {
        yield { voltage: 3, current: 2 };
      },
    }),
    { definition: virtualPower },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("virtual power", () => {
  it("keeps the device when it is switched off, unless the test gives it up", async () => {
    await using virtual = await openVirtual();
    await virtual.client.off();
    await virtual.client.off({ destroy: true });
    expect(virtual.calls).toEqual([
      ["off", false],
      ["off", true],
    ]);
  });

  it("cycles without giving up the device", async () => {
    await using virtual = await openVirtual();
    await virtual.client.cycle({ offForMs: 0 });
    expect(virtual.calls).toEqual([["off", false], "on"]);
  });

  it("is made safe without giving up the device", async () => {
    await using virtual = await openVirtual();
    await virtualPower.safeState?.(virtual.client);
    expect(virtual.calls).toEqual([["off", false]]);
  });

  it("reads as any other power", async () => {
    await using virtual = await openVirtual();
    const readings: unknown[] = [];
    for await (const reading of virtual.client.read()) readings.push(reading);
    expect(readings).toEqual([{ voltage: 3, current: 2, apparentPower: 6 }]);
  });
});
