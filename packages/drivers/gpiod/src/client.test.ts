import { JumpstarterError, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { digitalInput, digitalOutput } from "./client.ts";

async function openOutput() {
  const calls: string[] = [];
  let level: 0 | 1 = 0;
  const set = (to: 0 | 1, name: string): void => {
    level = to;
    calls.push(name);
  };
  const served = await serveDriver(
    serve(digitalOutput, { on: () => set(1, "on"), off: () => set(0, "off"), read_pin: () => level }),
    { definition: digitalOutput },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

/** An input whose driver keeps the arguments of the waits, and gives each up that has a time. */
async function openInput() {
  const calls: unknown[] = [];
  const wait = (name: string, timeout: number | null | undefined, ...more: string[]): void => {
    calls.push([name, ...more, timeout]);
    if (typeof timeout !== "number") return;
    throw new JumpstarterError("the line did not change", { code: "deadline-exceeded", reason: "PIN_TIMEOUT" });
  };
  const served = await serveDriver(
    serve(digitalInput, {
      read_pin: () => 1,
      wait_for_active: (timeout) => wait("wait_for_active", timeout),
      wait_for_inactive: (timeout) => wait("wait_for_inactive", timeout),
      wait_for_edge: (edge, timeout) => wait("wait_for_edge", timeout, edge),
    }),
    { definition: digitalInput },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("a digital output", () => {
  it("is switched, and tells its state", async () => {
    await using output = await openOutput();
    await output.client.on();
    await expect(output.client.read()).resolves.toBe("active");
    await output.client.off();
    await expect(output.client.read()).resolves.toBe("inactive");
  });

  it("cycles by off and on", async () => {
    await using output = await openOutput();
    await output.client.cycle({ offForMs: 0 });
    expect(output.calls).toEqual(["off", "on"]);
  });

  it("is made safe by making it inactive", async () => {
    await using output = await openOutput();
    await digitalOutput.safeState?.(output.client);
    expect(output.calls).toEqual(["off"]);
  });
});

describe("a digital input", () => {
  it("tells its state", async () => {
    await using input = await openInput();
    await expect(input.client.read()).resolves.toBe("active");
  });

  it("waits without an end where no time is given", async () => {
    await using input = await openInput();
    await input.client.waitForActive();
    await input.client.waitForInactive();
    await input.client.waitForEdge("rising");
    expect(input.calls).toEqual([
      ["wait_for_active", null],
      ["wait_for_inactive", null],
      ["wait_for_edge", "rising", null],
    ]);
  });

  it("leaves the time to the exporter, in seconds, whose answer is a deadline that has passed", async () => {
    await using input = await openInput();
    const late = { code: "deadline-exceeded" };
    await expect(input.client.waitForActive({ timeoutMs: 1_500 })).rejects.toMatchObject(late);
    await expect(input.client.waitForInactive({ timeoutMs: 250 })).rejects.toMatchObject(late);
    await expect(input.client.waitForEdge("falling", { timeoutMs: 5_000 })).rejects.toMatchObject(late);
    expect(input.calls).toEqual([
      ["wait_for_active", 1.5],
      ["wait_for_inactive", 0.25],
      ["wait_for_edge", "falling", 5],
    ]);
  });
});
