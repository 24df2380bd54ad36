import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  formatDuration,
  parseCurrent,
  parseDataSize,
  parseDuration,
  parseEnergy,
  parsePower,
  parseVoltage,
} from "./units.ts";

describe("quantities with units", () => {
  it.each([
    ["250ms", 250],
    ["30s", 30_000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
    [1234, 1234],
  ] as const)("reads the duration %s as %d milliseconds", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it("reads currents in amperes, voltages in volts, powers in watts, energies in joules and sizes in bytes", () => {
    expect(parseCurrent("350mA")).toBeCloseTo(0.35);
    expect(parseVoltage("3.3V")).toBe(3.3);
    expect(parsePower("2kW")).toBe(2_000);
    expect(parseEnergy("1Wh")).toBe(3_600);
    expect(parseDataSize("64KiB")).toBe(65_536);
  });

  it.each(["", "30", "s", "-3s", "3 parsecs", "3constructor", "1e3s", "Infinityms"])(
    "refuses %j with the units it knows",
    (text) => {
      // A plain text is what a YAML file or a JavaScript caller may hand in.
      expect(() => parseDuration(text as "1s")).toThrow(
        /is not a duration: write a number with one of the units ms, s, m, h, d/,
      );
    },
  );

  it("refuses numbers that are no amount of time", () => {
    expect(() => parseDuration(Number.NaN)).toThrow(/is not a duration/);
    expect(() => parseDuration(-1)).toThrow(/is not a duration/);
  });

  it("writes durations as a person reads them", () => {
    expect([850, 30_000, 6_400, 125_000, 120_000].map(formatDuration)).toEqual(["850ms", "30s", "6.4s", "2m 5s", "2m"]);
  });

  it("reads back every whole number of seconds", () => {
    fc.assert(fc.property(fc.nat(100_000), (seconds) => parseDuration(`${seconds}s`) === seconds * 1_000));
  });
});
