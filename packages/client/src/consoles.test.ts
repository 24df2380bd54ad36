import { once } from "node:events";

import {
  byteStream,
  contract,
  defineDriver,
  unary,
  type ByteStream,
  type Console,
  type Remote,
} from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { registryOf, serveLoopback } from "../test/loopback-exporter.ts";
import { connect } from "./connect.ts";

const serialContract = contract({
  name: "serial",
  label: "acme_serial.client.SerialClient",
  methods: { connect: byteStream() },
});
const serial = defineDriver({
  contract: serialContract,
  console: "connect",
  client: (remote: Remote<typeof serialContract>): Console => remote.console("connect"),
});
const powerContract = contract({
  name: "power",
  label: "jumpstarter_driver_power.client.PowerClient",
  methods: { on: unary(), off: unary() },
});
const power = defineDriver({ contract: powerContract, client: (remote: Remote<typeof powerContract>) => remote });

/** A board whose serial port is in the hands of the test: each time it is opened, `port()` gives the far end. */
async function openBoard() {
  const waiting: ((port: ByteStream) => void)[] = [];
  const opened: ByteStream[] = [];
  let openings = 0;
  const exporter = await serveLoopback({
    console: {
      label: serialContract.label,
      bytes: {
        connect(stream) {
          openings += 1;
          stream.on("error", () => undefined);
          const next = waiting.shift();
          if (next === undefined) opened.push(stream);
          else next(stream);
        },
      },
    },
    power: { label: powerContract.label, unary: { on: () => null, off: () => null } },
  });
  const session = await connect({ host: exporter.host, registry: registryOf(serial, power) });
  return {
    exporter,
    session,
    console: session.device("console").as(serial),
    openings: () => openings,
    async port(): Promise<ByteStream> {
      const known = opened.shift();
      return known ?? new Promise((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
    },
  };
}

describe("a console over the wire", () => {
  it("opens the stream at its first use, once for all who wait", async () => {
    await using board = await openBoard();
    expect(board.openings()).toBe(0);
    const login = board.console.waitFor("login: ");
    const banner = board.session.view({}).device("console").as(serial).waitFor("U-Boot {version}\n");
    (await board.port()).write("U-Boot 2026.01\nlogin: ");
    await expect(login).resolves.toMatchObject({ text: "login: " });
    await expect(banner).resolves.toMatchObject({ version: "2026.01" });
    expect(board.openings()).toBe(1);
  });

  it("finds what came before anyone waited for it", async () => {
    await using board = await openBoard();
    const recorder = board.session.consoleRecorder("console");
    (await board.port()).write("ready> ");
    await recorder.console({ from: recorder.beginning }).waitFor("ready> ");
    await expect(board.console.waitFor("ready> ", { since: "start" })).resolves.toMatchObject({ text: "ready> " });
  });

  it("sends when the stream is open, and in order", async () => {
    await using board = await openBoard();
    const sending = Promise.all([board.console.send("ver"), board.console.sendLine("sion")]);
    const port = await board.port();
    await sending;
    let received = "";
    while (!received.endsWith("\n")) {
      const [chunk] = (await once(port, "data")) as [Buffer];
      received += chunk.toString();
    }
    expect(received).toBe("version\n");
  });

  it("waits while the device takes nothing", async () => {
    await using board = await openBoard();
    const flood = Buffer.alloc(16 * 1024 * 1024, "x");
    let isSent = false;
    const sending = board.console.send(flood).then(() => (isSent = true));
    const port = await board.port();
    const [first] = (await once(port, "data")) as [Buffer];
    port.pause();
    expect(isSent).toBe(false);
    let length = first.length;
    port.on("data", (chunk: Buffer) => (length += chunk.length));
    port.resume();
    await sending;
    while (length < flood.length) await once(port, "data");
    expect(length).toBe(flood.length);
  });

  it("says what was seen when the stream ends, and opens it again at the next use", async () => {
    await using board = await openBoard();
    const waiting = board.console.waitFor("login: ");
    const port = await board.port();
    port.write("Kernel panic\n");
    port.end();
    await expect(waiting).rejects.toMatchObject({ reason: "CONSOLE_ENDED" });
    await expect(waiting).rejects.toThrow("Kernel panic");
    const again = board.console.waitFor("login: ");
    (await board.port()).write("login: ");
    await expect(again).resolves.toMatchObject({ text: "login: " });
    expect(board.openings()).toBe(2);
    expect(board.session.consoleRecorders().map((recorder) => recorder.isEnded)).toEqual([true, false]);
  });

  it("says why the stream could not be opened", async () => {
    await using exporter = await serveLoopback({ console: { label: serialContract.label } });
    await using session = await connect({ host: exporter.host, registry: registryOf(serial) });
    const client = session.device("console").as(serial);
    await expect(client.waitFor("login: ")).rejects.toThrow(/^console\.connect failed: /);
    await expect(client.send("x")).rejects.toThrow(/^console\.connect failed: /);
  });

  it("ends with the session, on the exporter too", async () => {
    const board = await openBoard();
    const waiting = board.console.waitFor("login: ");
    const port = await board.port();
    const closed = new Promise<void>((resolve) => port.once("close", resolve));
    await board.session[Symbol.asyncDispose]();
    await expect(waiting).rejects.toMatchObject({ reason: "SESSION_CLOSED" });
    await closed;
    await board[Symbol.asyncDispose]();
  });

  it("names the host of an exporter that vanished, and what was seen until then", async () => {
    const board = await openBoard();
    const waiting = board.console.waitFor("login: ");
    const seen = board.console.waitFor("Booting\n");
    (await board.port()).write("Booting\n");
    await seen;
    waiting.catch(() => undefined);
    await board.exporter.vanish();
    await expect(waiting).rejects.toThrow(`the exporter at ${board.exporter.host} does not answer any more`);
    await expect(waiting).rejects.toThrow("Booting");
    await board[Symbol.asyncDispose]();
  });

  it("notes what the power did, for the failures of waits", async () => {
    await using board = await openBoard();
    const waiting = board.console.waitFor("login: ", { timeout: "100ms" });
    waiting.catch(() => undefined);
    await board.port();
    await board.session.device("power").as(power).call("on");
    await expect(waiting).rejects.toThrow("power on");
  });

  it("rejects a wait of an attempt that is over with its reason, and keeps recording", async () => {
    await using board = await openBoard();
    const attempt = new AbortController();
    const view = board.session.view({ signal: attempt.signal });
    const waiting = view.device("console").as(serial).waitFor("login: ");
    const port = await board.port();
    const ended = new Error("the test is over");
    attempt.abort(ended);
    await expect(waiting).rejects.toBe(ended);
    await expect(view.device("console").as(serial).send("x")).rejects.toBe(ended);
    port.write("login: ");
    await expect(board.console.waitFor("login: ", { since: "start" })).resolves.toMatchObject({ text: "login: " });
  });

  it("starts a view at the moment it is made, or at the start of the recording", async () => {
    await using board = await openBoard();
    const first = board.console.waitFor("one\n");
    const port = await board.port();
    port.write("one\n");
    await first;
    const fresh = board.session.view({}).device("console").as(serial);
    const whole = board.session.view({ consoleSince: "start" }).device("console").as(serial);
    port.write("two\n");
    await fresh.waitFor("two\n");
    expect(fresh.textSince("start")).toBe("two\n");
    expect(whole.textSince("start")).toBe("one\ntwo\n");
  });
});
