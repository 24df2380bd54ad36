import { JumpstarterError, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { snmp } from "./client.ts";

/** An outlet whose driver keeps what it was asked. */
async function openOutlet({ fails = false } = {}) {
  const calls: string[] = [];
  const answer = (method: string) => (): string => {
    calls.push(method);
    if (!fails) return `Power ${method} command sent`;
    throw new JumpstarterError("no answer from the PDU", { code: "deadline-exceeded", reason: "SNMP_TIMEOUT" });
  };
  const served = await serveDriver(serve(snmp, { on: answer("on"), off: answer("off") }), { definition: snmp });
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("an outlet over SNMP", () => {
  it("is switched, and confirms it in the driver's words", async () => {
    await using outlet = await openOutlet();
    await expect(outlet.client.on()).resolves.toBe("Power on command sent");
    await expect(outlet.client.off()).resolves.toBe("Power off command sent");
    expect(outlet.calls).toEqual(["on", "off"]);
  });

  it("cycles by off and on", async () => {
    await using outlet = await openOutlet();
    await outlet.client.cycle({ offForMs: 0 });
    expect(outlet.calls).toEqual(["off", "on"]);
  });

  it("stays off when a cycle is cancelled in its pause", async () => {
    await using outlet = await openOutlet();
    const controller = new AbortController();
    const cycling = outlet.client.cycle({ offForMs: 60_000, signal: controller.signal });
    await expect.poll(() => outlet.calls).toEqual(["off"]);
    controller.abort();
    await expect(cycling).rejects.toMatchObject({ code: "cancelled" });
    expect(outlet.calls).toEqual(["off"]);
  });

  it("is made safe by switching it off", async () => {
    await using outlet = await openOutlet();
    await snmp.safeState?.(outlet.client);
    expect(outlet.calls).toEqual(["off"]);
  });

  it("passes on that the PDU does not answer", async () => {
    await using outlet = await openOutlet({ fails: true });
    await expect(outlet.client.on()).rejects.toMatchObject({ code: "deadline-exceeded" });
  });
});
