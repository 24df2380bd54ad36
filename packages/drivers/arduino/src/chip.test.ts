import { describe, expect, it } from "vitest";

import { benchWith } from "../test/bench-in-virtual-time.ts";
import type { PinLevel, PinName } from "./pins.ts";

describe("a sketch on the Arduino core", () => {
  const startSketch = (): ReturnType<typeof benchWith> => {
    const bench = benchWith("sketch");
    bench.board.power(true);
    bench.pass(20);
    return bench;
  };

  it("prints with Serial and counts its starts in the EEPROM", () => {
    const { board, pass, heard } = startSketch();
    board.power(false);
    board.power(true);
    pass(20);

    expect(heard()).toBe("sketch ready, boot 0\r\nsketch ready, boot 1\r\n");
  });

  it("blinks by millis(), five times a second", () => {
    const { changes, pass } = startSketch();

    pass(1_990);

    const times = changes.filter(({ pin }) => pin === "D13").map(({ atMs }) => atMs);
    expect(times).toHaveLength(20);
    for (const [index, atMs] of times.entries()) expect(Math.abs(atMs - (index + 1) * 100)).toBeLessThan(2);
  });

  it("waits in delay() as long as it says", () => {
    const { type } = startSketch();

    const micros = Number(/delay (\d+)/.exec(type("d", 100))?.[1]);

    expect(Math.abs(micros - 50_000)).toBeLessThan(100);
  });

  it("reads the voltage on A0 with analogRead()", () => {
    const { board, type } = startSketch();

    board.setPin("A0", { volts: 3.3 });

    expect(type("a")).toBe("analog 675\r\n");
  });

  it("runs its interrupt handler on a falling edge of D2", () => {
    const { board, pass, type } = startSketch();

    for (const volts of [0, 5, 0, 5]) {
      board.setPin("D2", { volts });
      pass(1);
    }

    expect(type("b")).toBe("presses 2\r\n");
  });

  it("sees a pulled-up pin high until it is pulled to ground", () => {
    const { board, type } = startSketch();

    const open = type("p");
    board.setPin("D4", { volts: 0 });

    expect([open, type("p")]).toEqual(["pin4 1\r\n", "pin4 0\r\n"]);
  });

  it("finds nobody on the I2C bus, and goes on", () => {
    const { type } = startSketch();

    expect(type("i")).toBe("i2c 2\r\n"); // Wire's number for "address not acknowledged".
    expect(type("i")).toBe("i2c 2\r\n");
  });

  it("reads over SPI what is on MISO: nothing, or a jumper to MOSI", () => {
    const { board, type } = startSketch();

    const open = type("s");
    board.setPin("D12", { wiredTo: "D11" });

    expect([open, type("s")]).toEqual(["spi 0\r\n", "spi A5\r\n"]);
  });

  it("clocks a byte out on D13 and D11, a bit a microsecond", () => {
    const { changes, type } = startSketch();
    changes.length = 0;

    type("s");

    const data = (atMs: number): PinLevel =>
      changes.findLast((change) => change.pin === "D11" && change.atMs <= atMs)?.level ?? "low";
    const rises = changes.filter(({ pin, level }) => pin === "D13" && level === "high");
    const spacing = rises.slice(1).map(({ atMs }, index) => Math.round((atMs - (rises[index]?.atMs ?? 0)) * 10_000));
    expect(rises.map(({ atMs }) => (data(atMs) === "high" ? 1 : 0)).join("")).toBe("10100101"); // 0xa5
    expect(spacing.every((tenths) => Math.abs(tenths - 10) <= 2)).toBe(true);
  });

  it("sends START, address and STOP on the I2C pins, a bit every ten microseconds", () => {
    const { board, changes, type } = startSketch();
    changes.length = 0;

    type("i");

    const bus = changes.filter(({ pin }) => pin === "A4" || pin === "A5");
    const dataAt = (atMs: number): PinLevel =>
      bus.findLast((change) => change.pin === "A4" && change.atMs <= atMs)?.level ?? "high";
    const clocks = bus.filter(({ pin, level }) => pin === "A5" && level === "high");
    // 0x48 and the write bit, then nobody acknowledges; the tenth rise belongs to the STOP.
    expect(clocks.map(({ atMs }) => (dataAt(atMs) === "high" ? 1 : 0)).join("")).toBe("1001000010");
    expect(bus[0]).toMatchObject({ pin: "A4", level: "low" });
    expect(bus.at(-1)).toMatchObject({ pin: "A4", level: "high" });
    expect(((clocks[8]?.atMs ?? 0) - (clocks[0]?.atMs ?? 0)) * 1_000).toBeCloseTo(80, 0);
    expect(board.readPin("A5").level).toBe("high");
  });

  it.each<[string, string, PinName, number, number]>([
    ["tone(8, 1000)", "t", "D8", 1, 0.5],
    ["analogWrite(9, 64)", "w", "D9", 1_000 / 490.2, 0.25],
  ])("makes the wave of %s", (_name, key, pin, periodMs, duty) => {
    const { changes, pass, type } = startSketch();

    type(key);
    changes.length = 0;
    pass(100);

    const edges = changes.filter((change) => change.pin === pin);
    const rises = edges.filter(({ level }) => level === "high").map(({ atMs }) => atMs);
    const period = ((rises.at(-1) ?? 0) - (rises[0] ?? 0)) / (rises.length - 1);
    const firstRise = edges.findIndex(({ level }) => level === "high");
    const highMs = (edges[firstRise + 1]?.atMs ?? 0) - (edges[firstRise]?.atMs ?? 0);
    expect(period).toBeCloseTo(periodMs, 2);
    expect(highMs / period).toBeCloseTo(duty, 1);
  });

  it("passes a level along a jumper wire, and an interrupt with it", () => {
    const { board, pass, type } = startSketch();

    board.setPin("D2", { wiredTo: "D13" });
    pass(1_000);

    // D13 blinks at 5 Hz: five falling edges a second.
    expect(type("b")).toMatch(/^presses [56]\r\n$/);
  });
});
