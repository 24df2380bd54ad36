import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, readlink, truncate, utimes } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";

import { bytes } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { ask, openServer } from "../test/open-server.ts";

describe("a connection to the http server", () => {
  it("breaks an answer off whose file changes meanwhile, so that nobody takes half of each for a whole", async () => {
    await using opened = await openServer();
    await using server = await opened.client.serve();
    const url = await opened.client.putFile("image", randomBytes(64 * 1024 * 1024));
    for (const change of [
      () => utimes(join(opened.root, "image"), new Date(), new Date(0)),
      () => truncate(join(opened.root, "image"), 1024),
    ]) {
      // What fits into the buffers of the connection is on its way when fetch answers.
      const response = await fetch(url);
      await change();

      await expect(response.bytes()).rejects.toThrow("terminated");
    }
    expect((await fetch(`${server.url}/image`)).status).toBe(200);
  });

  it("holds two blocks of a file whose receiver reads nothing, and lets go when the server stops", async () => {
    await using opened = await openServer();
    const url = await opened.client.putFile("image", randomBytes(64 * 1024 * 1024));
    const before = process.memoryUsage().arrayBuffers;
    await opened.client.start();
    const { port } = new URL(await opened.client.url());
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("GET /image HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(socket, "readable");

    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);

    const closed = once(socket, "close");
    socket.resume();
    await opened.client.stop();
    await closed;
    expect(url).toContain("/image");
  });

  it.runIf(process.platform === "linux")(
    "reads one file at a time for a connection that asks for many, and none when it is gone",
    async () => {
      await using opened = await openServer();
      await using server = await opened.client.serve();
      await opened.client.putFile("image", randomBytes(16 * 1024 * 1024));
      const readers = async (): Promise<number> => {
        const links = (await readdir("/proc/self/fd")).map((each) => readlink(`/proc/self/fd/${each}`).catch(() => ""));
        return (await Promise.all(links)).filter((path) => path === join(opened.root, "image")).length;
      };
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write("GET /image HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50));
      await once(socket, "readable");
      // Long enough for all of them to have been opened: another connection is served meanwhile.
      await (await fetch(`${server.url}/image`)).bytes();

      expect(await readers()).toBe(1);

      socket.destroy();
      await expect.poll(readers).toBe(0);
    },
  );

  it("answers the requests of a connection in their order", async () => {
    await using opened = await openServer();
    await using server = await opened.client.serve();
    await opened.client.putFile("a", bytes("first"));
    await opened.client.putFile("b", bytes("second"));
    const requests = ["/a", "/absent", "/b"].map((path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);

    const answers = await ask(server.url, requests.join(""));

    expect(answers.match(/HTTP\/1\.1 \d+|first|second|is not there/g)).toEqual([
      "HTTP/1.1 200",
      "first",
      "HTTP/1.1 404",
      "is not there",
      "HTTP/1.1 200",
      "second",
    ]);
  });

  it("takes no more connections than it may", async () => {
    await using opened = await openServer({ max_connections: 1 });
    await using server = await opened.client.serve();
    const { port } = new URL(server.url);
    const first = connect(Number(port), "127.0.0.1");
    await once(first, "connect");
    first.write("GET /a HTTP/1.1\r\nhost: x\r\n\r\n");
    await once(first, "readable");

    const second = connect(Number(port), "127.0.0.1");
    second.on("error", () => undefined).resume();
    await once(second, "close");

    expect(second.bytesRead).toBe(0);
    first.destroy();
  });

  it("closes a connection that says nothing for as long as configured", async () => {
    await using opened = await openServer({ timeout: 1 });
    await using server = await opened.client.serve();
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    await once(socket.resume(), "close");
    expect(socket.bytesRead).toBe(0);
  });
});
