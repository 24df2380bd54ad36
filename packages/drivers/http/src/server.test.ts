import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { bytes, type ResourceSource } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { ask, openServer } from "../test/open-server.ts";
import type { HttpClient } from "./client.ts";

const run = promisify(execFile);

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
