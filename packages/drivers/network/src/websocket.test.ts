import { once } from "node:events";

import { bytes } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openDriver } from "../test/open-driver.ts";
import { freePort, tcpServer, webSocketEcho } from "../test/servers.ts";
import { webSocketNetwork } from "./websocket.ts";

describe("websocket", () => {
  it("keeps the boundaries of messages, and ends when the peer says goodbye", async () => {
    await using peer = await webSocketEcho();
    await using driver = await openDriver(webSocketNetwork, { url: peer.url });
    const stream = await driver.connect();

    for (const text of ["one", "", "three"]) stream.write(bytes(text));
    stream.end();

    const texts: string[] = [];
    for await (const chunk of stream) texts.push(String(chunk));
    expect(texts).toEqual(["one", "", "three"]);
  });

  it("gives text messages as their UTF-8 bytes", async () => {
    await using peer = await webSocketEcho();
    peer.server.on("connection", (socket) => {
      socket.send("Grüße");
      socket.close();
    });
    await using driver = await openDriver(webSocketNetwork, { url: peer.url });

    const chunks = await (await driver.connect()).toArray();

    expect(chunks).toEqual([Buffer.from("Grüße")]);
  });

  it("holds a fast peer back while nobody reads, and loses nothing", async () => {
    await using peer = await webSocketEcho();
    peer.server.on("connection", (socket) => {
      for (let index = 0; index < 200; index++) socket.send(Buffer.alloc(1_024, index));
      socket.close();
    });
    await using driver = await openDriver(webSocketNetwork, { url: peer.url });

    const stream = await driver.connect();
    await once(stream, "readable");

    const firstBytes = (await stream.toArray()).map((chunk: Uint8Array) => chunk[0]);
    expect(firstBytes).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  it("ends in an error when the connection breaks off", async () => {
    await using peer = await webSocketEcho();
    await using driver = await openDriver(webSocketNetwork, { url: peer.url });
    const stream = await driver.connect();

    for (const client of peer.server.clients) client.terminate();

    await expect(stream.toArray()).rejects.toMatchObject({ code: "unavailable", reason: "CONNECTION_LOST" });
  });

  it("closes with the call and with the session", async () => {
    await using peer = await webSocketEcho();
    await using driver = await openDriver(webSocketNetwork, { url: peer.url });
    const call = new AbortController();
    const [first, second] = [await driver.connect(call.signal), await driver.connect()];

    call.abort();
    await once(first, "close");
    expect(second.closed).toBe(false);
    expect(await driver.close()).toEqual([]);

    expect(second.closed).toBe(true);
  });

  it("says who refused it, without the secrets of the URL", async () => {
    const port = await freePort();
    await using driver = await openDriver(webSocketNetwork, { url: `ws://me:secret@127.0.0.1:${port}/a?token=secret` });

    await expect(driver.connect()).rejects.toMatchObject({
      message: `the WebSocket connection to ws://127.0.0.1:${port}/a failed: it was refused, nothing listens there (yet)`,
      reason: "CONNECTION_REFUSED",
    });
  });

  it("says what a server answered that speaks no WebSocket", async () => {
    await using server = await tcpServer((socket) => socket.end("HTTP/1.1 404 Not Found\r\n\r\n"));
    await using driver = await openDriver(webSocketNetwork, { url: `ws://127.0.0.1:${server.port}/` });

    await expect(driver.connect()).rejects.toMatchObject({
      message: expect.stringContaining("404"),
      code: "unavailable",
      reason: "CONNECTION_FAILED",
    });
  });

  it("is given up together with its call while the server has not answered", async () => {
    const call = new AbortController();
    await using server = await tcpServer(() => call.abort());
    await using driver = await openDriver(webSocketNetwork, { url: `ws://127.0.0.1:${server.port}/` });

    await expect(driver.connect(call.signal)).rejects.toMatchObject({ code: "cancelled" });
  });

  it("tells its URL, unless that is switched off", async () => {
    await using open = await openDriver(webSocketNetwork, { url: "wss://board.example/console" });
    await using closed = await openDriver(webSocketNetwork, { url: "wss://board.example/", enable_address: false });

    expect(await open.address()).toBe("wss://board.example/console");
    await expect(closed.address()).rejects.toMatchObject({ reason: "ADDRESS_DISABLED" });
  });

  it("refuses a URL of another kind", async () => {
    await expect(openDriver(webSocketNetwork, { url: "http://board.example/" })).rejects.toThrow("ws:// or wss://");
  });
});
