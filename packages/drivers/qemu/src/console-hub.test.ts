import { finished } from "node:stream/promises";

import { createStreamPair, silentLogger } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { createConsoleHub } from "./console-hub.ts";

const open = new AbortController().signal;

describe("the console of a machine", () => {
  it("keeps what is said before anyone connects, and drops it at the next start", async () => {
    const hub = createConsoleHub("console", silentLogger);
    const first = createStreamPair();
    hub.attach(first.near);
    await say(first.far, "first boot");
    const second = createStreamPair();
    hub.attach(second.near);
    await say(second.far, "second boot");

    const stream = hub.open(open);
    await say(second.far, "!");

    expect(await hear(stream, "!")).toBe("second boot!");
  });

  it("gives one connection all the boots that happen meanwhile", async () => {
    const hub = createConsoleHub("console", silentLogger);
    const stream = hub.open(open);
    for (const word of ["one ", "two ", "three."]) {
      const { near, far } = createStreamPair();
      hub.attach(near);
      await say(far, word);
    }
    expect(await hear(stream, ".")).toBe("one two three.");
  });

  it("takes everything from the machine, however slow its listener is", async () => {
    const warnings: string[] = [];
    const hub = createConsoleHub("console", { ...silentLogger, warning: (text) => void warnings.push(text) });
    const { near, far } = createStreamPair();
    hub.attach(near);
    hub.open(open);

    // A write to the machine's end resolves only when somebody has taken the bytes.
    for (let sent = 0; sent < 20; sent++) await say(far, Buffer.alloc(1024 ** 2));

    expect(warnings.at(-1)).toMatch(/^console lost \d+ bytes/);
  });

  it("swallows what is typed into a machine that is off", async () => {
    const hub = createConsoleHub("console", silentLogger);
    const stream = hub.open(open);
    await say(stream, "nobody hears it");
    const { near, far } = createStreamPair();
    hub.attach(near);
    await say(stream, "on.");
    expect(await hear(far, ".")).toBe("on.");
  });

  it("fails after the last words of a machine that crashed, and takes a new connection", async () => {
    const hub = createConsoleHub("console", silentLogger);
    const stream = hub.open(open);
    const { near, far } = createStreamPair();
    hub.attach(near);
    far.write("Kernel panic");
    hub.crashed(new Error("the machine is gone"));
    far.destroy();
    near.destroy();
    let heard = "";
    stream.on("data", (chunk: Buffer) => (heard += chunk.toString()));
    await expect(finished(stream)).rejects.toThrow("the machine is gone");
    expect(heard).toBe("Kernel panic");
    expect(() => hub.open(open)).not.toThrow();
  });

  it("carries one connection at a time", () => {
    const hub = createConsoleHub("console", silentLogger);
    const stop = new AbortController();
    hub.open(stop.signal);
    expect(() => hub.open(open)).toThrow(expect.objectContaining({ reason: "SERIAL_IN_USE" }));
  });

  it("is free again when the call that opened it ends", async () => {
    const hub = createConsoleHub("console", silentLogger);
    const stop = new AbortController();
    const stream = hub.open(stop.signal);
    const closed = new Promise((resolve) => stream.once("close", resolve));
    stop.abort();
    await closed;
    expect(hub.open(open).destroyed).toBe(false);
  });
});

/** Resolves when the bytes were taken. */
function say(stream: NodeJS.WritableStream, what: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(what, (error) => (error ? reject(error) : resolve()));
  });
}

/** What comes until a word, or the end. */
async function hear(stream: AsyncIterable<unknown>, last: string): Promise<string> {
  let heard = "";
  for await (const chunk of stream) {
    heard += String(chunk);
    if (heard.endsWith(last)) break;
  }
  return heard;
}
