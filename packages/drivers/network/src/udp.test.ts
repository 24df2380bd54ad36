import { once } from "node:events";

import { bytes, type ByteStream } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openDriver } from "../test/open-driver.ts";
import { freePort, udpEcho } from "../test/servers.ts";
import { udpNetwork } from "./udp.ts";

describe("udp", () => {
  it("keeps the boundaries of datagrams, one chunk each", async () => {
    await using peer = await udpEcho();
    await using driver = await openDriver(udpNetwork, { host: "127.0.0.1", port: peer.port });
    const stream = await driver.connect();

    for (const text of ["one", "", "three"]) stream.write(bytes(text));

    expect(await take(stream, 3)).toEqual(["one", "", "three"]);
  });

  it("goes on receiving after its own side has ended", async () => {
    await using peer = await udpEcho();
    await using driver = await openDriver(udpNetwork, { host: "127.0.0.1", port: peer.port });
    const stream = await driver.connect();

    stream.end(bytes("last words"));

    expect(await take(stream, 1)).toEqual(["last words"]);
  });

  it("counts a datagram that nobody takes as lost, and stays open", async () => {
    const port = await freePort();
    await using driver = await openDriver(udpNetwork, { host: "127.0.0.1", port });
    const stream = await driver.connect();
    const send = (): Promise<void> =>
      new Promise((resolve, reject) => {
        stream.write(bytes("anyone?"), (error) => (error ? reject(error) : resolve()));
      });

    await send();
    await send();
    await send();

    expect(stream.destroyed).toBe(false);
  });

  it("closes its socket with the call and with the session", async () => {
    await using peer = await udpEcho();
    await using driver = await openDriver(udpNetwork, { host: "127.0.0.1", port: peer.port });
    const call = new AbortController();
    const [first, second] = [await driver.connect(call.signal), await driver.connect()];

    call.abort();
    await once(first, "close");
    expect(second.closed).toBe(false);
    expect(await driver.close()).toEqual([]);

    expect(second.closed).toBe(true);
    await expect(driver.connect()).rejects.toMatchObject({ code: "cancelled" });
  });

  it("tells its address, unless that is switched off", async () => {
    await using open = await openDriver(udpNetwork, { host: "127.0.0.1", port: 69 });
    await using closed = await openDriver(udpNetwork, { host: "127.0.0.1", port: 69, enable_address: false });

    expect(await open.address()).toBe("udp://127.0.0.1:69");
    await expect(closed.address()).rejects.toMatchObject({ reason: "ADDRESS_DISABLED" });
  });

  it("says which host it cannot resolve", async () => {
    await using driver = await openDriver(udpNetwork, { host: "no-such-board.invalid", port: 69 });

    await expect(driver.connect()).rejects.toMatchObject({ reason: "HOST_NOT_FOUND", code: "unavailable" });
  });
});

async function take(stream: ByteStream, count: number): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const chunk of stream) {
    texts.push(String(chunk));
    if (texts.length === count) break;
  }
  return texts;
}
