import { randomBytes } from "node:crypto";
import { once } from "node:events";

import { bytes, readAll } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openDriver } from "../test/open-driver.ts";
import { freePort, tcpServer } from "../test/servers.ts";
import { tcpNetwork } from "./tcp.ts";

describe("tcp", () => {
  it("carries bytes both ways, a mebibyte of them unchanged", async () => {
    await using server = await tcpServer((socket) => socket.pipe(socket));
    await using driver = await openDriver(tcpNetwork, { host: "127.0.0.1", port: server.port });
    const sent = randomBytes(1024 ** 2);

    const stream = await driver.connect();
    stream.end(sent);

    expect(Buffer.compare(Buffer.from(await readAll(stream)), sent)).toBe(0);
  });

  it("passes on that one side has no more to say while the other still answers", async () => {
    await using server = await tcpServer((socket) => {
      void readAll(socket).then((question) => socket.end(`answer to ${Buffer.from(question).toString()}`));
    });
    await using driver = await openDriver(tcpNetwork, { host: "127.0.0.1", port: server.port });

    const stream = await driver.connect();
    stream.end(bytes("question"));

    expect(Buffer.from(await readAll(stream)).toString()).toBe("answer to question");
  });

  it("still sends after the peer has said all it has to say", async () => {
    const received = Promise.withResolvers<Uint8Array>();
    await using server = await tcpServer((socket) => {
      socket.end("hello");
      readAll(socket).then(received.resolve, received.reject);
    });
    await using driver = await openDriver(tcpNetwork, { host: "127.0.0.1", port: server.port });

    const stream = await driver.connect();
    expect(Buffer.from(await readAll(stream)).toString()).toBe("hello");
    stream.end(bytes("and thanks"));

    expect(Buffer.from(await received.promise).toString()).toBe("and thanks");
  });

  it("opens as many connections as are asked for", async () => {
    await using server = await tcpServer((socket) => socket.pipe(socket));
    await using driver = await openDriver(tcpNetwork, { host: "localhost", port: server.port });

    const streams = await Promise.all([driver.connect(), driver.connect(), driver.connect()]);
    const answers = streams.map(async (stream, index) => {
      stream.end(bytes(`number ${index}`));
      return Buffer.from(await readAll(stream)).toString();
    });

    expect(await Promise.all(answers)).toEqual(["number 0", "number 1", "number 2"]);
  });

  it("says which host and port refused it", async () => {
    const port = await freePort();
    await using driver = await openDriver(tcpNetwork, { host: "127.0.0.1", port });

    await expect(driver.connect()).rejects.toMatchObject({
      message: `the TCP connection to 127.0.0.1:${port} failed: it was refused, nothing listens there (yet)`,
      code: "unavailable",
      reason: "CONNECTION_REFUSED",
    });
  });

  it("says which host the exporter cannot resolve", async () => {
    await using driver = await openDriver(tcpNetwork, { host: "no-such-board.invalid", port: 22 });

    await expect(driver.connect()).rejects.toMatchObject({
      message: expect.stringContaining("TCP connection to no-such-board.invalid:22"),
      code: "unavailable",
      reason: "HOST_NOT_FOUND",
    });
    await expect(driver.address()).rejects.toMatchObject({ reason: "HOST_NOT_FOUND" });
  });

  it("closes the socket when the call that opened it is given up", async () => {
    const ended = Promise.withResolvers<void>();
    await using server = await tcpServer((socket) => socket.once("end", ended.resolve).resume());
    await using driver = await openDriver(tcpNetwork, { host: "127.0.0.1", port: server.port });
    const call = new AbortController();

    const stream = await driver.connect(call.signal);
    call.abort();

    await once(stream, "close");
    await expect(ended.promise).resolves.toBeUndefined();
  });

  it("does not connect for a call that was given up before", async () => {
    await using server = await tcpServer((socket) => socket.resume());
    await using driver = await openDriver(tcpNetwork, { host: "127.0.0.1", port: server.port });

    await expect(driver.connect(AbortSignal.abort())).rejects.toMatchObject({ code: "cancelled" });
  });

  it("closes every socket when the session ends", async () => {
    await using server = await tcpServer((socket) => socket.resume());
    await using driver = await openDriver(tcpNetwork, { host: "127.0.0.1", port: server.port });
    const streams = [await driver.connect(), await driver.connect()];

    expect(await driver.close()).toEqual([]);

    expect(streams.map(({ closed }) => closed)).toEqual([true, true]);
    await expect(driver.connect()).rejects.toMatchObject({ code: "cancelled" });
  });

  it("survives a connection that is reset while nobody reads it", async () => {
    await using server = await tcpServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    await using driver = await openDriver(tcpNetwork, { host: "127.0.0.1", port: server.port });

    const stream = await driver.connect();
    const closed = new Promise((resolve) => stream.once("close", resolve));
    stream.resume().write(bytes("x"));

    await closed;
    await expect(driver.connect()).resolves.toBeDefined();
  });

  it("tells the address with the host name resolved on the exporter", async () => {
    await using driver = await openDriver(tcpNetwork, { host: "localhost", port: 22 });

    expect(await driver.address()).toMatch(/^tcp:\/\/(127\.0\.0\.1|\[::1\]):22$/);
  });

  it("writes an IPv6 address in brackets", async () => {
    await using driver = await openDriver(tcpNetwork, { host: "2001:db8::7", port: 22 });

    expect(await driver.address()).toBe("tcp://[2001:db8::7]:22");
  });

  it("keeps the address to itself where the lab has switched it off", async () => {
    await using driver = await openDriver(tcpNetwork, { host: "127.0.0.1", port: 22, enable_address: false });

    await expect(driver.address()).rejects.toMatchObject({ code: "invalid-argument", reason: "ADDRESS_DISABLED" });
  });

  it.each([
    { host: "board" },
    { host: "board", port: 0 },
    { host: "board", port: "22" },
    { host: "b", port: 1, hots: 1 },
  ])("refuses the configuration %j", async (options) => {
    await expect(openDriver(tcpNetwork, options)).rejects.toMatchObject({ reason: "SCHEMA_MISMATCH" });
  });
});
