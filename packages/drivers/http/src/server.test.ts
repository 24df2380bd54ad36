import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { bytes, readAll, type ResourceSource } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { http, type HttpClient } from "./client.ts";
import { httpServer } from "./server.ts";

const run = promisify(execFile);

async function openServer(options: Readonly<Record<string, unknown>> = {}) {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-http-"));
  const root = join(directory, "www");
  const served = await serveDriver(httpServer, {
    definition: http,
    options: { root_dir: root, host: "127.0.0.1", port: 0, ...options },
  });
  return {
    client: served.client,
    directory,
    root,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

/** Sends a request as it is written, and gives everything that comes back. */
async function ask(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(request);
  return Buffer.from(await readAll(socket)).toString("latin1");
}

// #region serve
async function serveImage(
  board: { readonly http: HttpClient },
  image: ResourceSource,
  atPrompt: (command: string) => Promise<void>,
): Promise<void> {
  await using _server = await board.http.serve();
  const url = await board.http.putFile("boot files/rootfs.ext4", image);
  await atPrompt(`wget ${url}`);
}
// #endregion serve

describe("the http server", () => {
  it("serves what clients put there, and removes it when the session ends", async () => {
    const image = randomBytes(3_000_000);
    let root: string;
    {
      await using opened = await openServer();
      ({ root } = opened);
      let url = "";
      let response = new Response();
      let received: Uint8Array = new Uint8Array();

      await serveImage({ http: opened.client }, image, async (command) => {
        url = command.slice("wget ".length);
        response = await fetch(url);
        received = await response.bytes();
      });

      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/boot%20files\/rootfs\.ext4$/);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "content-length": "3000000",
        "content-type": "application/octet-stream",
        "accept-ranges": "bytes",
        etag: expect.stringMatching(/^".+"$/),
        "last-modified": expect.stringMatching(/GMT$/),
      });
      expect(image.equals(received)).toBe(true);
    }
    expect(existsSync(join(root, "boot files/rootfs.ext4"))).toBe(false);
  });

  it("tells where it is, and gives the port back when it stops", async () => {
    await using opened = await openServer();
    expect([await opened.client.host(), await opened.client.port()]).toEqual(["127.0.0.1", 0]);

    await opened.client.start();
    await opened.client.start();
    const url = await opened.client.url();

    expect(url).toBe(`http://127.0.0.1:${await opened.client.port()}`);
    await opened.client.stop();
    await opened.client.stop();
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("listens on an address of its own where the configuration names none", async () => {
    await using opened = await openServer({ host: null });
    await using server = await opened.client.serve();
    await opened.client.putFile("a", bytes("hello"));
    expect(await (await fetch(`${server.url}/a`)).text()).toBe("hello");
  });

  it("answers HEAD, ranges and questions whether the file is still the same", async () => {
    await using opened = await openServer();
    await using server = await opened.client.serve();
    const url = await opened.client.putFile("digits.txt", bytes("0123456789"));

    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10", ""]);

    const part = await fetch(url, { headers: { range: "bytes=2-4" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 2-4/10", "234"]);

    const none = await fetch(url, { headers: { range: "bytes=10-" } });
    expect([none.status, none.headers.get("content-range")]).toEqual([416, "bytes */10"]);

    const etag = head.headers.get("etag") ?? "";
    expect((await fetch(url, { headers: { "if-none-match": etag } })).status).toBe(304);
    expect((await fetch(`${server.url}/digits.txt?again`)).status).toBe(200);
    await opened.client.putFile("digits.txt", bytes("9876543210"));
    expect((await fetch(url, { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  it("serves an empty file", async () => {
    await using opened = await openServer();
    await using server = await opened.client.serve();
    const response = await fetch(await opened.client.putFile("empty", bytes("")));
    expect([server.url, response.status, await response.text()]).toEqual([server.url, 200, ""]);
  });

  it("gives nothing from outside its root, however it is asked", async () => {
    await using opened = await openServer();
    await using server = await opened.client.serve();
    await writeFile(join(opened.directory, "secret"), "secret");
    await mkdir(join(opened.root, "inside"));
    await writeFile(join(opened.root, "inside/file"), "inside");
    await symlink(join(opened.directory, "secret"), join(opened.root, "file-link"));
    await symlink(opened.directory, join(opened.root, "directory-link"));
    await symlink("inside/file", join(opened.root, "inner-link"));
    await symlink("loop", join(opened.root, "loop"));
    const statuses: Record<string, string> = {};

    for (const path of [
      "/../secret",
      "/inside/../../secret",
      "/%2e%2e/secret",
      "/..%2fsecret",
      "/file-link",
      "/directory-link/secret",
      "/loop",
      "/inside",
      "/",
      "/%00",
      `/${opened.directory}/secret`,
      "/inner-link",
    ]) {
      const answer = await ask(server.url, `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
      expect(answer).not.toContain("\r\n\r\nsecret");
      statuses[path.replace(opened.directory, "ABSOLUTE")] = answer.slice(9, 12);
    }

    expect(statuses).toEqual({
      "/../secret": "403",
      "/inside/../../secret": "403",
      "/%2e%2e/secret": "403",
      "/..%2fsecret": "403",
      "/file-link": "403",
      "/directory-link/secret": "403",
      "/loop": "403",
      "/inside": "403",
      "/": "403",
      "/%00": "400",
      "/ABSOLUTE/secret": "404",
      "/inner-link": "200",
    });
  });

  it("only reads, and says so in sentences", async () => {
    await using opened = await openServer();
    await using server = await opened.client.serve();

    const put = await fetch(`${server.url}/a`, { method: "PUT", body: "new" });
    expect([put.status, put.headers.get("allow"), await put.text()]).toEqual([
      405,
      "GET, HEAD",
      "PUT is not possible here: files can only be read\n",
    ]);
    expect(await (await fetch(`${server.url}/no/such`)).text()).toBe("/no/such is not there\n");
    expect(existsSync(join(opened.root, "a"))).toBe(false);
  });

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

  it("says who has the port, and whether it is an address of this machine", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    // It listens on a port, which gives no path.
    const { port } = other.address() as AddressInfo;
    try {
      await using taken = await openServer({ port });
      await expect(taken.client.start()).rejects.toMatchObject({ reason: "HTTP_PORT_TAKEN", code: "unavailable" });
    } finally {
      other.close();
    }
    await using elsewhere = await openServer({ host: "192.0.2.77" });
    await expect(elsewhere.client.start()).rejects.toMatchObject({ reason: "HTTP_HOST_UNKNOWN" });
  });

  it("serves curl, which continues a download that was broken off", async () => {
    await using opened = await openServer();
    await using server = await opened.client.serve();
    const image = randomBytes(1_000_000);
    const url = await opened.client.putFile("image", image);
    const to = join(opened.directory, "image");
    await writeFile(to, image.subarray(0, 400_000));

    await run("curl", ["--silent", "--fail", "--continue-at", "-", "--output", to, url]);

    expect(image.equals(await readFile(to))).toBe(true);
    await expect(run("curl", ["--silent", "--fail", `${server.url}/absent`])).rejects.toMatchObject({ code: 22 });
  });
});
