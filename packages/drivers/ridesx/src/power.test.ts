import { createStreamPair, serve } from "@jumpstarter-ts/core";
import { serial } from "@jumpstarter-ts/driver-serial";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { rideSxPower } from "./power.ts";

async function openPower() {
  const calls: unknown[] = [];
  const served = await serveDriver(
    serve(rideSxPower, {
      on: () => void calls.push(["on"]),
      off: () => void calls.push(["off"]),
      cycle: (delay) => void calls.push(["cycle", delay]),
    }),
    {
      definition: rideSxPower,
      children: { serial: serve(serial, { connect: () => createStreamPair().near }) },
    },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("the power of a RideSX board", () => {
  it("is cycled by the exporter in one call, which is told the seconds", async () => {
    await using power = await openPower();
    await power.client.cycle();
    await power.client.cycle({ offForMs: 500 });
    expect(power.calls).toEqual([
      ["cycle", 2],
      ["cycle", 0.5],
    ]);
  });

  it("is switched, and made safe by switching it off", async () => {
    await using power = await openPower();
    await power.client.on();
    await rideSxPower.safeState?.(power.client);
    expect(power.calls).toEqual([["on"], ["off"]]);
  });

  it("has no rescue mode, and says so", async () => {
    await using power = await openPower();
    await expect(power.client.rescue()).rejects.toMatchObject({ code: "unsupported" });
  });
});
