import { describe, expect, it } from "vitest";

import { createPortPair } from "./port-pair.ts";

describe("a port pair", () => {
  it("gives the far end what the near end sends, and the other way round", async () => {
    const { near, far } = createPortPair();
    using _far = far;
    near.write("AT\n");
    expect((await far.received("AT\n")).text).toBe("AT\n");
    await far.send("OK\n");
    expect(String(near.read())).toBe("OK\n");
  });

  it("holds the far end back while nobody reads", async () => {
    const { near, far } = createPortPair();
    using _far = far;
    let isTaken = false;
    const sending = far.send(new Uint8Array(1024 * 1024)).then(() => (isTaken = true));
    await Promise.resolve();
    expect(isTaken).toBe(false);
    near.resume();
    await sending;
  });

  it("tells the end of one direction while the other goes on", async () => {
    const { near, far } = createPortPair();
    using _far = far;
    near.end("bye");
    await far.ended();
    await far.send("still here");
    expect(String(near.read())).toBe("still here");
    expect(Buffer.from(await far.receivedBytes(3)).toString()).toBe("bye");
  });

  it("says what did not arrive in time", async () => {
    const { far } = createPortPair();
    using _far = far;
    await expect(far.receivedBytes(3, { timeoutMs: 20 })).rejects.toThrow(
      "the arrival of 3 bytes did not finish within 20ms",
    );
    await expect(far.received("AT", { timeoutMs: 20 })).rejects.toMatchObject({ code: "deadline-exceeded" });
  });
});
