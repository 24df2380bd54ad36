import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { parseFirmware, startBoard, type VirtualBoard } from "../packages/drivers/arduino/dist/board-api.js";
import { median as medianOf, printFigures, type Figure } from "./figure.ts";

const image = (name: string): Uint8Array => {
  const path = fileURLToPath(new URL(`../fixtures/boards/arduino/${name}.hex`, import.meta.url));
  return parseFirmware(readFileSync(path), path);
};

/** The virtual Arduino: how fast it starts, how fast it can go, and what it takes while it does nothing. */
export async function benchBoard(): Promise<Figure[]> {
  return [
    { name: "start a board (thread and chip)", value: await startMs(), unit: "ms" },
    { name: "power-on to banner and prompt", value: await bannerMs(), unit: "ms", goal: "≤ 50" },
    { name: "command to answer", value: await answerMs(), unit: "ms" },
    ...(await flatOut()),
    { name: "one powered idle board", value: await processorShare("uno", 1), unit: "% of a core", goal: "≤ 2" },
    { name: "one board that polls (Arduino sketch)", value: await processorShare("sketch", 1), unit: "% of a core" },
    { name: "one board without power", value: await processorShare(undefined, 1), unit: "% of a core", goal: "≤ 0.1" },
    { name: "memory for each of 8 boards", value: await memoryMb(8), unit: "MB" },
  ];
}

async function startMs(): Promise<number> {
  return await median(10, async () => {
    const startedAt = performance.now();
    await using board = await startBoard();
    const ms = performance.now() - startedAt;
    await board.state();
    return ms;
  });
}

async function bannerMs(): Promise<number> {
  await using board = await boardWith("uno");
  const uart = listen(board);
  return await median(20, async () => {
    const startedAt = performance.now();
    const banner = uart.until("> ");
    await board.power("on");
    await banner;
    const ms = performance.now() - startedAt;
    await board.power("off");
    return ms;
  });
}

async function answerMs(): Promise<number> {
  await using board = await boardWith("uno");
  const uart = listen(board);
  const prompt = uart.until("> ");
  await board.power("on");
  await prompt;
  return await median(30, async () => {
    const startedAt = performance.now();
    const answer = uart.until("\n> ");
    uart.send("version\r");
    await answer;
    return performance.now() - startedAt;
  });
}

/** The engine without its clock, in this thread. */
async function flatOut(): Promise<Figure[]> {
  const { createBoard } = await import("../packages/drivers/arduino/dist/board.js");
  return ["garbage", "sketch"].map((firmware) => {
    const board = createBoard({ onByte: () => undefined, onPin: () => undefined });
    board.flash(image(firmware));
    board.power(true);
    board.runUntil(500); // The compiler warms up.
    const startedAt = performance.now();
    board.runUntil(3_000);
    const mhz = (2_500 * 16_000) / (performance.now() - startedAt) / 1_000;
    const what = firmware === "garbage" ? "serial output all the time" : "Arduino sketch that polls";
    return { name: `emulated clock, ${what}`, value: mhz, unit: "MHz", goal: "≥ 16" };
  });
}

async function processorShare(firmware: string | undefined, count: number): Promise<number> {
  const boards = await Promise.all(Array.from({ length: count }, () => boardWith(firmware)));
  for (const board of boards) if (firmware !== undefined) await board.power("on");
  await pause(500);
  const before = process.cpuUsage();
  await pause(2_000);
  const { user, system } = process.cpuUsage(before);
  for (const board of boards) await board[Symbol.asyncDispose]();
  return ((user + system) / 2_000_000 / count) * 100;
}

async function memoryMb(count: number): Promise<number> {
  const before = process.memoryUsage.rss();
  const boards = await Promise.all(Array.from({ length: count }, () => boardWith("uno")));
  for (const board of boards) await board.power("on");
  await pause(500);
  const after = process.memoryUsage.rss();
  for (const board of boards) await board[Symbol.asyncDispose]();
  return (after - before) / count / 1_000_000;
}

async function boardWith(firmware: string | undefined): Promise<VirtualBoard> {
  const board = await startBoard();
  if (firmware !== undefined) await board.flash(image(firmware));
  return board;
}

function listen(board: VirtualBoard): { send(text: string): void; until(text: string): Promise<void> } {
  const uart = board.openUart();
  let heard = "";
  let waiting: { readonly text: string; readonly resolve: () => void } | undefined;
  uart.on("data", (bytes: Buffer) => {
    heard += bytes.toString("latin1");
    if (waiting !== undefined && heard.includes(waiting.text)) waiting.resolve();
  });
  return {
    send: (text) => void uart.write(text),
    until(text) {
      heard = "";
      return new Promise((resolve) => (waiting = { text, resolve }));
    },
  };
}

async function median(times: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let index = 0; index < times; index++) values.push(await measure());
  return medianOf(values);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) printFigures("board", await benchBoard());
