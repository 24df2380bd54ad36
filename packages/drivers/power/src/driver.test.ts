import { implement, isJumpstarterError, messageOf } from "@jumpstarter-ts/core";
import { powerConformance, serveDriver, type PowerUnderTest } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { power } from "./client.ts";
import { mockPower } from "./mock.ts";

/** The mock's rail is only in its log, so that is where the test looks. */
async function openMock(): Promise<PowerUnderTest> {
  let isOn = false;
  const served = await serveDriver(mockPower, {
    definition: power,
    log({ message }) {
      if (message === "power on") isOn = true;
      if (message === "power off") isOn = false;
    },
  });
  return {
    client: served.client,
    isOn: () => isOn,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

describe("the power mock", () => {
  powerConformance({ it, expect }, openMock);

  it("reads upstream's two values", async () => {
    await using served = await serveDriver(mockPower, { definition: power });
    const readings: unknown[] = [];
    for await (const reading of served.client.read()) readings.push(reading);
    expect(readings).toEqual([
      { voltage: 0, current: 0, apparentPower: 0 },
      { voltage: 5, current: 2, apparentPower: 10 },
    ]);
  });

  it("has no rescue mode, and says so", async () => {
    await using served = await serveDriver(mockPower, { definition: power });
    const failure: unknown = await served.client.rescue().catch((error: unknown) => error);
    expect(isJumpstarterError(failure) && failure.code).toBe("unsupported");
    expect(messageOf(failure)).toContain("power.rescue");
  });

  it("refuses options, as it has none", async () => {
    await expect(serveDriver(mockPower, { definition: power, options: { rail: 3 } })).rejects.toThrow("rail");
  });
});

describe("the power client", () => {
  it("makes the rail safe by switching it off", async () => {
    const said: string[] = [];
    await using served = await serveDriver(mockPower, { definition: power, log: ({ message }) => said.push(message) });
    await served.client.on();
    await power.safeState?.(served.client);
    expect(said).toEqual(["power on", "power off"]);
  });

  it("refuses readings that are no numbers", async () => {
    const broken = implement(power, z.strictObject({}), () => ({
      on: () => undefined,
      off: () => undefined,
      async *read() {
        // As a driver without types would: text where a number belongs.
        yield JSON.parse('{"voltage":"5V","current":1}') as { voltage: number; current: number };
      },
    }));
    await using served = await serveDriver(broken, { definition: power });
    const readings = served.client.read()[Symbol.asyncIterator]();
    const failure: unknown = await readings.next().catch((error: unknown) => error);
    expect(messageOf(failure)).toContain("voltage");
  });
});
