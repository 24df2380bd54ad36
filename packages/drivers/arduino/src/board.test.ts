import { describe, expect, it } from "vitest";

import { benchWith } from "../test/bench-in-virtual-time.ts";
import { fixtureImage } from "../test/firmware-fixtures.ts";

describe("the virtual Uno with its own firmware", () => {
  it("boots to a banner and a prompt within ten milliseconds of its own time", () => {
    const { board, pass } = benchWith("uno");

    board.power(true);

    expect(pass(10)).toBe("\r\njumpstarter-uno 1.0.0\r\nreset: power-on\r\n> ");
  });

  it.each([
    ["version", "jumpstarter-uno 1.0.0"],
    ["echo  two  words", " two  words"],
    ["led on", "led on"],
    ["led", "error: usage: led on|off"],
    ["adc 6", "error: usage: adc 0..5"],
    ["eeprom read 1023", "eeprom 1023 = 255"],
    ["eeprom write 0x10 42", "eeprom 16 = 42"],
    ["eeprom write 1024 1", "error: usage: eeprom read 0..1023 | eeprom write 0..1023 0..255"],
    ["reboot", "error: unknown command reboot, try help"],
  ])("answers %j with %j", (command, answer) => {
    const { board, pass, type } = benchWith("uno");
    board.power(true);
    pass(20);

    expect(type(`${command}\r`)).toBe(`${command}\r\n${answer}\r\n> `);
  });

  it("ends a line at CR, LF or CR LF, once", () => {
    const { board, pass, type } = benchWith("uno");
    board.power(true);
    pass(20);

    expect(type("echo a\recho b\necho c\r\n")).toBe("echo a\r\na\r\n> echo b\r\nb\r\n> echo c\r\nc\r\n> ");
  });

  it("shows its LED on D13", () => {
    const { board, pass, type } = benchWith("uno");
    board.power(true);
    pass(20);

    type("led on\r");
    const lit = board.readPin("D13");
    type("led off\r");

    expect(lit).toEqual({ level: "high", mode: "output" });
    expect(board.readPin("D13")).toEqual({ level: "low", mode: "output" });
  });

  it.each([
    [0, 0],
    [1.25, 256],
    [2.5, 512],
    [5, 1023],
  ])("measures %d V on A3 as %d", (volts, steps) => {
    const { board, pass, type } = benchWith("uno");
    board.power(true);
    pass(20);

    board.setPin("A3", { volts });

    expect(type("adc 3\r")).toContain(`adc 3 = ${steps}\r\n`);
  });

  it("counts the presses of a button between D2 and ground", () => {
    const { board, pass, type } = benchWith("uno");
    board.power(true);
    pass(20);

    for (let press = 0; press < 3; press++) {
      board.setPin("D2", { volts: 0 });
      pass(5);
      board.setPin("D2", undefined);
      pass(5);
    }

    expect(type("button\r")).toContain("button = 3\r\n");
  });

  it("counts milliseconds of virtual time exactly", () => {
    const { board, pass, type } = benchWith("uno");
    board.power(true);
    pass(10_000);

    const atMs = board.nowMs;
    const uptime = Number(/uptime = (\d+) ms/.exec(type("uptime\r"))?.[1]);

    // Typed and echoed within seven characters of 85 us each.
    expect(uptime - atMs).toBeGreaterThanOrEqual(0);
    expect(uptime - atMs).toBeLessThan(2);
  });

  it("sends at the baud rate that the firmware has set", () => {
    const { board, heard } = benchWith("uno");
    board.power(true);

    board.runUntil(1);
    const afterOne = heard().length;
    board.runUntil(3);

    // 16 MHz / 8 / 17 = 117647 baud, ten bits a character: 11.76 characters a millisecond.
    expect(heard().length - afterOne).toBeGreaterThanOrEqual(23);
    expect(heard().length - afterOne).toBeLessThanOrEqual(24);
  });

  it("takes what is sent all at once at the pace of the serial line, and loses nothing of it", () => {
    const { board, pass, heard } = benchWith("uno");
    board.power(true);
    pass(20);
    const lines = Array.from({ length: 9 }, (_, index) => `echo line ${index}`);

    board.feed(Buffer.from(lines.map((line) => `${line}\r`).join("")));
    pass(5);
    const takenEarly = board.takeConsumed();
    pass(60);

    // 5 ms are 58 characters of 85 us.
    expect(takenEarly).toBeGreaterThanOrEqual(57);
    expect(takenEarly).toBeLessThanOrEqual(59);
    expect(heard().split("> ").slice(1).join("")).toBe(lines.map((line) => `${line}\r\n${line.slice(5)}\r\n`).join(""));
    expect(takenEarly + board.takeConsumed()).toBe(lines.length * 12);
  });

  it("gives the same bytes at the same cycles in every run", () => {
    const run = (): unknown => {
      const { board, changes, pass, type } = benchWith("uno");
      board.power(true);
      pass(20);
      return [type("led on\r"), type("uptime\r"), changes, board.nowMs];
    };

    expect(run()).toEqual(run());
  });
});

describe("power, reset and flash", () => {
  it("is silent without power, with every pin low, and forgets what it was sent", () => {
    const { board, pass, type } = benchWith("uno");
    board.power(true);
    pass(20);
    type("led on\r");

    board.power(false);

    expect(type("version\r", 100)).toBe("");
    expect(board.takeConsumed()).toBe("led on\rversion\r".length);
    expect(board.readPin("D13")).toEqual({ level: "low", mode: "off" });
    expect(board.nowMs).toBe(0);
  });

  it("keeps the EEPROM and the flash without power, and loses the RAM", () => {
    const { board, pass, type } = benchWith("uno");
    board.power(true);
    pass(20);
    type("eeprom write 7 99\r");
    board.setPin("D2", { volts: 0 });
    type("button\r");

    board.power(false);
    board.power(true);

    expect(pass(20)).toContain("reset: power-on");
    expect(type("eeprom read 7\r")).toContain("eeprom 7 = 99\r\n");
    expect(type("button\r")).toContain("button = 0\r\n");
    expect(board.eeprom.cells[7]).toBe(99);
  });

  it("tells a press of the reset button from power-on", () => {
    const { board, pass } = benchWith("uno");
    board.power(true);
    pass(20);

    board.reset();

    expect(pass(20)).toContain("reset: external");
  });

  it("hangs in a crash until the watchdog resets it a quarter of a second later", () => {
    const { board, pass, type } = benchWith("uno");
    board.power(true);
    pass(20);

    expect(type("crash\r")).toBe("crash\r\ncrash: waiting for the watchdog\r\n");
    expect(type("version\r", 150)).toBe("");
    expect(pass(150)).toBe("\r\njumpstarter-uno 1.0.0\r\nreset: watchdog\r\n> ");
    expect(type("version\r")).toContain("jumpstarter-uno 1.0.0");
  });

  it("starts new firmware at once when it is flashed under power", () => {
    const { board, pass } = benchWith("uno");
    board.power(true);
    pass(20);

    board.flash(fixtureImage("uno-v2"));

    expect(pass(20)).toBe("\r\njumpstarter-uno 2.0.0\r\nreset: external\r\n> ");
    expect(board.readFlash().subarray(0, 100)).toEqual(fixtureImage("uno-v2").subarray(0, 100));
  });

  it("reports every change of a pin, at power-off too", () => {
    const { board, changes, pass, type } = benchWith("uno");
    board.power(true);
    pass(20);
    type("led on\r");
    type("led off\r");
    type("led on\r");
    board.power(false);

    const led = changes.filter(({ pin }) => pin === "D13").map(({ level }) => level);

    expect(led).toEqual(["high", "low", "high", "low"]);
  });
});

describe("a board that is no use", () => {
  it("says nothing with firmware that says nothing, and needs no processor", () => {
    const { board, pass } = benchWith("silent");
    board.power(true);

    expect(pass(1_000)).toBe("");
    expect(board.isParked).toBe(true);
  });

  it("sends noise with firmware that sends noise", () => {
    const { board, pass } = benchWith("garbage");
    board.power(true);

    const noise = pass(100);

    expect(noise.length).toBeGreaterThan(1_000);
    expect(Buffer.from(noise, "latin1").every((byte) => byte > 0x7f)).toBe(true);
  });

  it("does nothing when its flash is erased", () => {
    const { board, pass } = benchWith(undefined);
    board.power(true);

    expect(pass(60_000)).toBe("");
    expect(board.isParked).toBe(true);
  });
});
