import { dutTest } from "@jumpstarter-ts/vitest";
import { describe, expect } from "vitest";

// The name of an exporter: its YAML gives the types (see jumpstarter-env.d.ts).
const test = dutTest("uno");

describe("the pins of the board", () => {
  test("show what the firmware does with the LED", async ({ dut: { power, console, pins } }) => {
    await power.on();
    await console.waitFor("> ");
    expect(await pins.read("D13")).toBe("low");

    await console.sendLine("led on");
    await console.waitFor("led on");

    await expect.poll(() => pins.read("D13")).toBe("high");
  });

  test.for([
    { volts: 0, counts: 0 },
    { volts: 2.5, counts: 512 },
    { volts: 5, counts: 1023 },
  ])("measure $volts V as $counts of 1023", async ({ volts, counts }, { dut: { power, console, pins } }) => {
    await power.on();
    await console.waitFor("> ");
    await pins.setVoltage("A0", volts);

    await console.sendLine("adc 0");

    const { measured } = await console.waitFor("adc 0 = {measured:int}");
    expect(Math.abs(measured - counts)).toBeLessThanOrEqual(2);
  });

  test("are dead without power, and so is the console", async ({ dut: { power, console, pins } }) => {
    await power.off();

    expect(await pins.mode("D13")).toBe("off");
    await expect(console).not.toEmit(/./, { during: "100ms" });
  });
});
