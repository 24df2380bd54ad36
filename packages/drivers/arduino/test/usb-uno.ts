import { closeSync, readFileSync, readSync, rmSync, symlinkSync, writeSync } from "node:fs";

import * as nodePty from "@homebridge/node-pty-prebuilt-multiarch";
import { z } from "zod";

import { flashBytes } from "../src/firmware.ts";
import { startBoard } from "../src/virtual-board.ts";
import { createStk500, leaveProgrammingMode } from "./stk500.ts";

// See the serial driver's test/pty.ts.
const { native } = z
  .object({ native: z.object({ open: z.custom<(columns: number, rows: number) => unknown>() }) })
  .parse(nodePty);
const pair = z.object({ master: z.int(), slave: z.int(), pty: z.string() });

const bootLoaderMs = 300;
/** How avrdude asks for the boot loader, at once after a pulse on DTR that a pseudo-terminal does not carry. */
const syncRequest = "0 ";
const pollMs = 5;

export interface UsbUnoOptions {
  /** Where the port appears while the board has power. */
  readonly port: string;
  /** What the hub was told last stands in this file: `on` or `off`. */
  readonly rail: string;
  /** What is in its flash. */
  readonly firmware: Uint8Array;
}

/**
 * A real Uno as a host sees it: its port comes and goes with the power, opening the port resets the chip, and after a
 * reset the boot loader listens for a moment before the firmware runs.
 */
export async function startUsbUno({ port, rail, firmware }: UsbUnoOptions): Promise<AsyncDisposable> {
  const board = await startBoard();
  const uart = board.openUart();
  const flash = new Uint8Array(flashBytes).fill(0xff);
  flash.set(firmware);
  let master: number | undefined;
  let isOpen = false;
  let isBooting = false;
  let bootTimer: NodeJS.Timeout | undefined;
  let queue: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): void => void (queue = queue.then(work));

  const send = (bytes: Uint8Array): void => {
    if (master !== undefined && isOpen) writeSync(master, bytes);
  };
  const startFirmware = (): void => {
    clearTimeout(bootTimer);
    inTurn(async () => {
      await board.flash(flash);
      isBooting = false;
      if (master !== undefined) await board.power("on");
    });
  };
  const listenFor = (ms: number): void => {
    clearTimeout(bootTimer);
    bootTimer = setTimeout(startFirmware, ms);
  };
  const stk500 = createStk500({
    flash,
    send,
    onCommand: (command) => (command === leaveProgrammingMode ? startFirmware() : listenFor(1_000)),
  });
  const reset = (): void => {
    isBooting = true;
    inTurn(() => board.power("off"));
    listenFor(bootLoaderMs);
  };
  const plug = (): void => {
    const { master: ours, slave, pty } = pair.parse(native.open(80, 24));
    closeSync(slave);
    master = ours;
    symlinkSync(pty, port);
    reset();
  };
  const unplug = (): void => {
    if (master === undefined) return;
    rmSync(port);
    closeSync(master);
    master = undefined;
    isOpen = false;
    clearTimeout(bootTimer);
    inTurn(() => board.power("off"));
  };
  const receive = (chunk: Uint8Array): void => {
    if (!isBooting && Buffer.from(chunk).toString("latin1") === syncRequest) reset();
    if (isBooting) stk500.receive(chunk);
    else uart.write(chunk);
  };
  const buffer = Buffer.alloc(4096);
  const poll = (): void => {
    const wanted = readFileSync(rail, "utf8").trim();
    if (wanted === "on" && master === undefined) plug();
    if (wanted === "off") unplug();
    if (master === undefined) return;
    const count = readSome(master, buffer);
    if (count !== "closed" && !isOpen) reset();
    isOpen = count !== "closed";
    if (typeof count === "number") receive(Buffer.from(buffer.subarray(0, count)));
  };
  uart.on("data", (chunk: Buffer) => {
    if (!isBooting) send(chunk);
  });
  const timer = setInterval(poll, pollMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      unplug();
      await queue;
      await board[Symbol.asyncDispose]();
    },
  };
}

/** Of the far end of a terminal: how many bytes came, or that nothing did, or that nobody has the near end open. */
function readSome(descriptor: number, buffer: Buffer): number | "nothing" | "closed" {
  try {
    return readSync(descriptor, buffer);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return "nothing";
    if (error instanceof Error && "code" in error && error.code === "EIO") return "closed";
    throw error;
  }
}
