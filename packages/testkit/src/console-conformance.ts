import { bytes, readAll, type ByteStream, type Console } from "@jumpstarter-ts/core";

import { failureOf, type Runner } from "./conformance.ts";
import type { FarEnd } from "./port-pair.ts";

/** A console under test and the device at its other end. */
export interface ConsoleUnderTest extends AsyncDisposable {
  readonly client: Console;
  /**
   * The device's side, once the driver has opened its own: the suite asks for it after its first use of the console or of
   * the bare stream.
   */
  far(): Promise<FarEnd>;
  /** The bare byte stream, for a driver that offers it. */
  openStream?(): Promise<ByteStream>;
  /** True if the end of one direction leaves the other open, which a serial port cannot. Default false. */
  readonly canHalfClose?: boolean;
  /** How much "large output" is. Default 1 MiB; less for a real port. */
  readonly largeBytes?: number;
}

/** What every console does. `open` gives each test a console of its own. */
export function consoleConformance({ it, expect }: Runner, open: () => Promise<ConsoleUnderTest>): void {
  it("brings what the device says to who waits for it", async () => {
    await using port = await open();
    const login = port.client.waitFor("login: ");
    const far = await port.far();
    await far.send("Welcome\r\nboard login: ");
    const { text, line } = await login;
    expect(text).toBe("login: ");
    expect(line).toBe("board login: ");
  });

  it("finds text that came before anyone waited for it", async () => {
    await using port = await open();
    const last = port.client.waitFor("three\n");
    const far = await port.far();
    await far.send("one\ntwo\nthree\n");
    await last;
    expect((await port.client.waitFor("one\n", { since: "start" })).text).toBe("one\n");
  });

  it("sends text and lines as they are", async () => {
    await using port = await open();
    await port.client.send("AT");
    await port.client.sendLine("+GMR");
    const far = await port.far();
    expect((await far.received("AT+GMR\n")).text).toBe("AT+GMR\n");
  });

  it("puts characters together that arrive in pieces", async () => {
    await using port = await open();
    const done = port.client.waitFor("21 °C 温度 🌡\n");
    const far = await port.far();
    for (const byte of bytes("21 °C 温度 🌡\n")) await far.send(Uint8Array.of(byte));
    expect((await done).text).toBe("21 °C 温度 🌡\n");
  });

  it("loses nothing of a large output", async () => {
    await using port = await open();
    const lines = numberedLines(port.largeBytes ?? 1024 ** 2);
    const done = port.client.waitFor("the end\n");
    const far = await port.far();
    for (const part of parts(`${lines}the end\n`)) await far.send(part);
    await done;
    expect(port.client.textSince("start") === `${lines}the end\n`).toBe(true);
  });

  it("loses nothing of a large input", async () => {
    await using port = await open();
    const sent = bytes(numberedLines(port.largeBytes ?? 1024 ** 2));
    const sending = port.client.send(sent);
    const far = await port.far();
    const received = await far.receivedBytes(sent.length, { timeoutMs: 15_000 });
    await sending;
    expect(Buffer.compare(received, sent)).toBe(0);
  });

  it("serves any number of waits at once", async () => {
    await using port = await open();
    const waits = Promise.all(["alpha", "beta", "gamma"].map((word) => port.client.waitFor(`${word}\n`)));
    const race = port.client.race({ good: "beta\n", bad: "panic" });
    const far = await port.far();
    await far.send("alpha\nbeta\ngamma\n");
    expect((await waits).map(({ text }) => text)).toEqual(["alpha\n", "beta\n", "gamma\n"]);
    expect((await race).which).toBe("good");
  });

  it("says what it saw when a wait runs out of time, and keeps it for the next one", async () => {
    await using port = await open();
    const seen = port.client.waitFor("U-Boot 2026.01\n");
    const far = await port.far();
    await far.send("U-Boot 2026.01\n");
    await seen;
    const failure = await failureOf(port.client.waitFor("login: ", { since: "start", timeout: "50ms" }));
    expect(failure).toMatchObject({ code: "deadline-exceeded" });
    expect(failure instanceof Error ? failure.message : "").toContain("U-Boot 2026.01");
    expect((await port.client.waitFor("U-Boot", { since: "start" })).text).toBe("U-Boot");
  });

  it("ends a wait with its signal, and only that one", async () => {
    await using port = await open();
    const controller = new AbortController();
    const cut = failureOf(port.client.waitFor("login: ", { signal: controller.signal }));
    const other = port.client.waitFor("login: ");
    const far = await port.far();
    controller.abort();
    expect(await cut).toMatchObject({ code: "cancelled" });
    await far.send("login: ");
    expect((await other).text).toBe("login: ");
  });

  it("tells who waits what it saw when the device goes away", async () => {
    await using port = await open();
    const wait = failureOf(port.client.waitFor("login: "));
    const seen = port.client.waitFor("Rebooting\n");
    const far = await port.far();
    await far.send("Rebooting\n");
    await seen;
    await far.end();
    const failure = await wait;
    expect(failure).toMatchObject({ reason: "CONSOLE_ENDED" });
    expect(failure instanceof Error ? failure.message : "").toContain("Rebooting");
  });

  it("carries every byte both ways on the bare stream", async () => {
    await using port = await open();
    if (port.openStream === undefined) return;
    const stream = await port.openStream();
    const far = await port.far();
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    stream.write(all);
    expect(Buffer.compare(await far.receivedBytes(256), all)).toBe(0);
    await far.send(all);
    expect(Buffer.compare(await firstBytes(stream, 256), all)).toBe(0);
    stream.destroy();
  });

  it("ends one direction at a time", async () => {
    await using port = await open();
    if (port.openStream === undefined || port.canHalfClose !== true) return;
    const stream = await port.openStream();
    const far = await port.far();
    stream.end("over\n");
    await far.received("over\n");
    await far.ended();
    await far.send("and out\n");
    await far.end();
    expect(Buffer.from(await readAll(stream)).toString()).toBe("and out\n");
  });
}

function numberedLines(length: number): string {
  const lines: string[] = [];
  for (let size = 0; size < length;) {
    const line = `${String(lines.length).padStart(8, "0")} the quick brown fox jumps over the lazy dog\n`;
    lines.push(line);
    size += line.length;
  }
  return lines.join("");
}

function* parts(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += 4096) yield text.slice(start, start + 4096);
}

async function firstBytes(stream: ByteStream, count: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // A stream without an encoding gives bytes.
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= count) break;
  }
  return Buffer.concat(chunks).subarray(0, count);
}
