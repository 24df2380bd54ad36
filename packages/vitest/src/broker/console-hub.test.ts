import { once } from "node:events";

import { bytes, createStreamPair } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { createConsoleHub, type ConsoleReader } from "./console-hub.ts";

function reader(): ConsoleReader & { text: string; ended: Promise<Error | undefined> } {
  const { promise: ended, resolve } = Promise.withResolvers<Error | undefined>();
  return {
    text: "",
    ended,
    onChunk(chunk) {
      this.text += Buffer.from(chunk).toString();
    },
    onEnd: resolve,
  };
}

describe("a console hub", () => {
  it("gives every reader all that has come since the attempt started", async () => {
    const { near, far } = createStreamPair();
    await using hub = createConsoleHub(async () => near);
    await hub.startAttempt();
    const early = reader();
    await hub.attach(early);
    far.write(bytes("login: "));
    await once(near, "data");

    const late = reader();
    await hub.attach(late);

    expect([early.text, late.text]).toEqual(["login: ", "login: "]);
  });

  it("does not show an attempt what came before it", async () => {
    const { near, far } = createStreamPair();
    await using hub = createConsoleHub(async () => near);
    await hub.startAttempt();
    far.write(bytes("panic"));
    await once(near, "data");

    await hub.startAttempt();
    const next = reader();
    await hub.attach(next);

    expect(next.text).toBe("");
  });

  it("sends what a reader writes to the one stream", async () => {
    const { near, far } = createStreamPair();
    await using hub = createConsoleHub(async () => near);
    const writer = await hub.attach(reader());

    writer.write(bytes("help\n"), () => undefined);

    expect(String((await once(far, "data"))[0])).toBe("help\n");
  });

  it("ends its readers with the stream, and opens it anew for the next, who finds nothing old there", async () => {
    const pairs = [createStreamPair(), createStreamPair()];
    let opened = 0;
    await using hub = createConsoleHub(async () => (pairs[opened++] ?? createStreamPair()).near);
    const first = reader();
    await hub.attach(first);
    pairs[0]?.far.write(bytes("old"));
    pairs[0]?.far.end();
    await first.ended;

    const second = reader();
    await hub.attach(second);

    expect([first.text, second.text, opened]).toEqual(["old", "", 2]);
  });

  it("tries again to open a stream that could not be opened", async () => {
    const { near } = createStreamPair();
    let attempts = 0;
    await using hub = createConsoleHub(async () => {
      if (++attempts === 1) throw new Error("port in use");
      return near;
    });

    await expect(hub.attach(reader())).rejects.toThrow("port in use");
    await hub.attach(reader());

    expect(attempts).toBe(2);
  });
});
