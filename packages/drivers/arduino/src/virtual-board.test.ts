import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Worker } from "node:worker_threads";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { fixtureImage, type FixtureName } from "../test/firmware-fixtures.ts";
import { startBoard, type StartBoardOptions, type VirtualBoard } from "./virtual-board.ts";

const start = async (firmware: FixtureName, options?: StartBoardOptions): Promise<VirtualBoard> => {
  const board = await startBoard(options);
  await board.flash(fixtureImage(firmware));
  return board;
};

/** Reads until the text appears; what came after it in the same piece is kept for the next call. */
const listen = (stream: Duplex): ((text: string) => Promise<string>) => {
  let heard = "";
  return async (text) => {
    while (!heard.includes(text)) {
      const chunk: unknown = stream.read();
      if (Buffer.isBuffer(chunk)) heard += chunk.toString();
      else await new Promise((resolve) => stream.once("readable", resolve));
    }
    const end = heard.indexOf(text) + text.length;
    const found = heard.slice(0, end);
    heard = heard.slice(end);
    return found;
  };
};

describe("a virtual board in its thread", () => {
  it("sends its banner after power-on, and answers what is typed", async () => {
    await using board = await start("uno");
    const uart = board.openUart();
    const until = listen(uart);

    await board.power("on");
    const banner = await until("> ");
    uart.write("version\r");

    expect(banner).toBe("\r\njumpstarter-uno 1.0.0\r\nreset: power-on\r\n> ");
    expect(await until("> ")).toBe("version\r\njumpstarter-uno 1.0.0\r\n> ");
  });

  it("lets its time follow the wall clock", async () => {
    await using board = await start("silent");
    await board.power("on");
    /** The board's time, and between which moments of the wall clock it was taken. */
    const look = async (): Promise<{ from: number; nowMs: number; to: number }> => {
      const from = performance.now();
      const { nowMs } = await board.state();
      return { from, nowMs, to: performance.now() };
    };

    const first = await look();
    let last = await look();
    while (last.nowMs < first.nowMs + 100) last = await look();

    const passed = last.nowMs - first.nowMs;
    expect(passed).toBeGreaterThan(last.from - first.to - 1);
    expect(passed).toBeLessThan(last.to - first.from + 1);
  });

  it("stays silent, with its time at zero, while it has no power", async () => {
    await using board = await start("uno");
    const uart = board.openUart();
    await board.power("on");
    await listen(uart)("> ");
    await board.power("off");
    uart.write("version\r");

    expect(await board.state()).toEqual({ isPowered: false, nowMs: 0 });
    expect(await board.pins.read("D13")).toEqual({ level: "low", mode: "off" });
    expect(uart.read()).toBeNull();
  });

  it("takes new firmware while it runs", async () => {
    await using board = await start("uno");
    const until = listen(board.openUart());
    await board.power("on");
    await until("1.0.0");

    await board.flash(fixtureImage("uno-v2"));

    expect(await until("> ")).toContain("> ");
    expect(await until("> ")).toContain("jumpstarter-uno 2.0.0\r\nreset: external");
    expect((await board.readFlash()).subarray(0, 64)).toEqual(fixtureImage("uno-v2").subarray(0, 64));
  });

  it("answers the reset button", async () => {
    await using board = await start("uno");
    const until = listen(board.openUart());
    await board.power("on");
    await until("power-on\r\n> ");

    await board.reset();

    expect(await until("> ")).toContain("reset: external");
  });

  it("shows its outputs, and takes levels and voltages on its inputs", async () => {
    await using board = await start("uno");
    const uart = board.openUart();
    const until = listen(uart);
    await board.power("on");
    await until("> ");

    await board.pins.setVoltage("A0", 2.5);
    await board.pins.drive("D2", "low");
    uart.write("led on\radc 0\rbutton\r");
    await until("adc 0 = 512\r\n");
    await until("button = 1\r\n");

    expect(await board.pins.read("D13")).toEqual({ level: "high", mode: "output" });
    expect(await board.pins.read("D2")).toEqual({ level: "low", mode: "input-pullup" });
  });

  it("tells a watcher the level of a pin and then every change", async () => {
    await using board = await start("sketch");
    await board.power("on");

    const seen: string[] = [];
    for await (const { level } of board.pins.watch("D13")) {
      seen.push(level);
      if (seen.length === 4) break;
    }

    expect(seen).toEqual(["low", "high", "low", "high"]);
  });

  it("ends a watch when its signal is aborted", async () => {
    await using board = await start("silent");
    const watch = board.pins.watch("D13", { signal: AbortSignal.timeout(20) });
    await watch.next();

    await expect(watch.next()).rejects.toMatchObject({ code: "cancelled" });
  });

  it("lets more than one stream listen", async () => {
    await using board = await start("uno");
    const [first, second] = [listen(board.openUart()), listen(board.openUart())];

    await board.power("on");

    expect(await first("> ")).toBe(await second("> "));
  });

  it("gives up a stream that nobody reads, and no other", async () => {
    await using board = await start("garbage");
    const uart = board.openUart();
    const failed = new Promise((resolve) => uart.once("error", resolve));
    uart.push(Buffer.alloc(1_048_500));
    await board.power("on");

    await expect(failed).resolves.toMatchObject({ reason: "UART_OVERRUN" });
    expect((await board.state()).isPowered).toBe(true);
  });
});

describe("what a virtual board refuses", () => {
  it.each([
    ["PIN_NOT_ANALOG", (board: VirtualBoard) => board.pins.setVoltage("D3" as "A3", 1)],
    ["VOLTAGE_OUT_OF_RANGE", (board: VirtualBoard) => board.pins.setVoltage("A3", 12)],
    ["OUT_OF_MEMORY_RANGE", (board: VirtualBoard) => board.flash(new Uint8Array(32_769))],
    ["OUT_OF_MEMORY_RANGE", (board: VirtualBoard) => board.writeEeprom(1_020, new Uint8Array(5))],
  ])("%s", async (reason, attempt) => {
    await using board = await startBoard();

    await expect(attempt(board)).rejects.toMatchObject({ code: "invalid-argument", reason });
  });

  it("to start once its signal is aborted", async () => {
    await expect(startBoard({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("the end of a virtual board", () => {
  it("ends its streams and watches, and refuses calls from then on", async () => {
    const board = await start("uno");
    const uart = board.openUart();
    const ended = new Promise((resolve) => uart.once("end", resolve));
    uart.resume();
    const watch = board.pins.watch("D13");
    await watch.next();
    const change = watch.next();
    change.catch(() => undefined); // Looked at below.
    await board.power("on");

    await Promise.all([board[Symbol.asyncDispose](), board[Symbol.asyncDispose]()]);

    await ended;
    await expect(change).rejects.toMatchObject({ reason: "BOARD_CLOSED" });
    await expect(board.power("on")).rejects.toMatchObject({ reason: "BOARD_CLOSED" });
  });

  it("leaves no thread behind, however busy the chip was", async () => {
    const threads = (): number => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
    const before = threads();
    const boards = await Promise.all([start("garbage"), start("garbage")]);
    await Promise.all(boards.map((board) => board.power("on")));
    const during = threads();

    await Promise.all(boards.map((board) => board[Symbol.asyncDispose]()));

    expect(during).toBeGreaterThan(before);
    expect(threads()).toBe(before);
  });
});

describe("a thread that dies", () => {
  it("fails what waits for it, and every later call, with an internal error", async () => {
    const { promise: thread, resolve } = Promise.withResolvers<Worker>();
    process.once("worker", resolve);
    await using board = await start("garbage");
    await board.power("on");
    const uart = board.openUart();
    const uartFailed = new Promise((done) => uart.once("error", done));
    const watch = board.pins.watch("D13");
    await watch.next();
    const waiting = Promise.allSettled([watch.next(), ...Array.from({ length: 3 }, () => board.readFlash())]);

    await (await thread).terminate();

    const died = { code: "internal", reason: "BOARD_FAILED", message: expect.stringContaining("ended by itself") };
    await expect(uartFailed).resolves.toMatchObject(died);
    const [change] = await waiting;
    expect(change).toMatchObject({ status: "rejected", reason: died });
    await expect(board.reset()).rejects.toMatchObject(died);
  });
});

describe("the EEPROM file", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "virtual-board-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("carries the EEPROM from one board to the next", async () => {
    const eepromPath = join(directory, "eeprom.bin");
    {
      await using board = await start("uno", { eepromPath });
      const uart = board.openUart();
      const until = listen(uart);
      await board.power("on");
      await until("> ");
      uart.write("eeprom write 3 42\r");
      await until("eeprom 3 = 42");
      await board.writeEeprom(4, Uint8Array.of(43));
    }

    await using board = await startBoard({ eepromPath });

    expect(await board.readEeprom(2, 4)).toEqual(Uint8Array.of(0xff, 42, 43, 0xff));
    expect(await readFile(eepromPath)).toHaveLength(1_024);
  });

  it("is refused when it is larger than the chip's EEPROM", async () => {
    const eepromPath = join(directory, "large.bin");
    await writeFile(eepromPath, new Uint8Array(1_025));

    await expect(startBoard({ eepromPath })).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "EEPROM_FILE",
      message: expect.stringContaining("has 1025 bytes, and the chip has 1024"),
    });
  });

  it("says at power-off that it cannot be written", async () => {
    await using board = await start("uno", { eepromPath: join(directory, "absent", "eeprom.bin") });
    await board.power("on");
    await board.writeEeprom(0, Uint8Array.of(1));

    await expect(board.power("off")).rejects.toMatchObject({ reason: "EEPROM_FILE" });
    await mkdir(join(directory, "absent")); // So that the last save, at the end, has a place.
  });
});
