import { once } from "node:events";
import { createServer } from "node:net";

import { bytes, readAll } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openDriver } from "../test/open-driver.ts";
import { read } from "../test/read.ts";

describe("other serial URLs", () => {
  it("loop:// gives back what is sent, and has no lines to set", async () => {
    await using driver = await openDriver({ url: "loop://" });
    const stream = await driver.connect();

    stream.write(bytes("hello"));

    expect(String(await read(stream, 5))).toBe("hello");
    await driver.call("set_dtr", false);
    expect(driver.warnings).toEqual(["loop:// has no DTR and RTS lines: nothing is set"]);
  });

  it("socket:// is a port behind a TCP server", async () => {
    await using server = await echoServer();
    await using driver = await openDriver({ url: `socket://127.0.0.1:${server.port}` });
    const stream = await driver.connect();

    stream.end(bytes("over TCP"));

    expect(String(await readAll(stream))).toBe("over TCP");
  });

  it("socket:// says where nobody listens", async () => {
    const server = await echoServer();
    await server[Symbol.asyncDispose]();

    await expect(openDriver({ url: `socket://127.0.0.1:${server.port}` })).rejects.toMatchObject({
      message: expect.stringContaining(`socket://127.0.0.1:${server.port} cannot be opened`),
      code: "unavailable",
      reason: "SERIAL_SOCKET_UNREACHABLE",
    });
  });

  it("sends no faster than cps allows, and all of it", async () => {
    await using driver = await openDriver({ url: "loop://", cps: 1_000 });
    const stream = await driver.connect();
    const before = performance.now();

    stream.end(bytes("x".repeat(100)));
    const received = await readAll(stream);

    expect(received).toHaveLength(100);
    expect(performance.now() - before).toBeGreaterThan(85); // ten slices of 10 ms, the first at once
  });

  it("stops sending slowly when the connection is closed", async () => {
    await using driver = await openDriver({ url: "loop://", cps: 1 });
    const stream = await driver.connect();
    stream.write(bytes("an hour's worth"));

    await driver.call("close");

    expect(stream.destroyed).toBe(true);
    await expect(driver.connect()).resolves.toBeDefined();
  });
});

async function echoServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}
