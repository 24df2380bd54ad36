import { JumpstarterError, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { obd } from "./client.ts";

/** A car that knows its engine speed, and nothing of its fuel. */
async function openCar() {
  const calls: unknown[] = [];
  const served = await serveDriver(
    serve(obd, {
      query(command) {
        calls.push(["query", command]);
        if (command === "RPM") return "1726.0 revolutions_per_minute";
        if (command === "FUEL_STATUS") return null;
        throw new JumpstarterError(`no ${command}`, { code: "invalid-argument", reason: "COMMAND_UNKNOWN" });
      },
      clear_dtc: () => void calls.push(["clear_dtc"]),
      status: () => "Car Connected",
      supported_commands: () => ["ELM_VOLTAGE", "RPM"],
      is_connected: () => true,
    }),
    { definition: obd },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("a car", () => {
  it("answers a value with its unit", async () => {
    await using car = await openCar();
    await expect(car.client.query("RPM")).resolves.toBe("1726.0 revolutions_per_minute");
    expect(car.calls).toEqual([["query", "RPM"]]);
  });

  it("answers nothing for a value that it does not know, and refuses a name that does not exist", async () => {
    await using car = await openCar();
    await expect(car.client.query("FUEL_STATUS")).resolves.toBeUndefined();
    await expect(car.client.query("CUP_HOLDER")).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("tells how it is connected, and what it can be asked for", async () => {
    await using car = await openCar();
    await expect(car.client.status()).resolves.toBe("Car Connected");
    await expect(car.client.isConnected()).resolves.toBe(true);
    await expect(car.client.supportedCommands()).resolves.toEqual(["ELM_VOLTAGE", "RPM"]);
  });

  it("forgets its trouble codes only when it is told to", async () => {
    await using car = await openCar();
    await car.client.clearTroubleCodes();
    expect(car.calls).toEqual([["clear_dtc"]]);
  });
});
