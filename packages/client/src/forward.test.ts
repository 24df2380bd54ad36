import { once } from "node:events";
import { access } from "node:fs/promises";
import { connect as dial, createServer, type Socket } from "node:net";

import type { Logger } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { registryOf, serveLoopback } from "../test/loopback-exporter.ts";
import { connect } from "./connect.ts";
import { forwardTcp, forwardUnix } from "./forward.ts";

async function openEcho() {
  const exporter = await serveLoopback({
    echo: { label: "x.Echo", bytes: { connect: (stream) => void stream.on("error", () => undefined).pipe(stream) } },
    broken: { label: "x.Broken" },
  });
  const session = await connect({ host: exporter.host, registry: registryOf() });
  return {
    session,
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await exporter[Symbol.asyncDispose]();
    },
  };
}

/** Sends, says that it has no more to send, and reads to the end. */
async function exchange(socket: Socket, text: string): Promise<string> {
  socket.end(text);
  let received = "";
  for await (const chunk of socket) received += String(chunk);
  return received;
}

describe("a forwarded device", () => {
  it("gives each TCP connection a stream of its own, and carries the end of one direction", async () => {
    await using bench = await openEcho();
    await using forwarded = await forwardTcp(bench.session.device("echo"));
    const { host, port } = forwarded;
    expect(host).toBe("127.0.0.1");
    await expect(Promise.all([exchange(dial(port, host), "one"), exchange(dial(port, host), "two")])).resolves.toEqual([
      "one",
      "two",
    ]);
  });

  it("listens on a unix socket that is gone afterwards", async () => {
    await using bench = await openEcho();
    const forwarded = await forwardUnix(bench.session.device("echo"));
    await expect(exchange(dial(forwarded.path), "hello")).resolves.toBe("hello");
    await forwarded[Symbol.asyncDispose]();
    await expect(access(forwarded.path)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("says in one sentence that the port is taken", async () => {
    await using bench = await openEcho();
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      await expect(forwardTcp(bench.session.device("echo"), { port })).rejects.toMatchObject({
        code: "failed-precondition",
        reason: "PORT_IN_USE",
        message: `echo cannot be forwarded to 127.0.0.1:${port}: the address is in use; take another, or port 0`,
      });
    } finally {
      other.close();
    }
  });

  it("logs a connection that the device refused, and goes on", async () => {
    await using bench = await openEcho();
    const warned = Promise.withResolvers<string>();
    const log: Logger = { debug() {}, info() {}, warning: warned.resolve, error() {} };
    await using forwarded = await forwardTcp(bench.session.device("broken"), { log });
    const socket = dial(forwarded.port, forwarded.host);
    await once(socket, "close");
    await expect(warned.promise).resolves.toContain("broken.connect failed: the driver does not offer it");
    await once(dial(forwarded.port, forwarded.host), "close");
  });

  it("ends with its signal", async () => {
    await using bench = await openEcho();
    const controller = new AbortController();
    const forwarded = await forwardTcp(bench.session.device("echo"), { signal: controller.signal });
    const socket = dial(forwarded.port, forwarded.host);
    await once(socket, "connect");
    controller.abort();
    await once(socket, "close");
    const [error] = (await once(dial(forwarded.port, forwarded.host), "error")) as [Error];
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });
});
