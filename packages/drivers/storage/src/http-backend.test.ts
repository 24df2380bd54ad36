import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { opendal } from "./opendal.ts";
import { storage } from "./storage-client.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A storage whose files a web server of the test holds. */
async function serveWeb(handler: Handler, kwargs: Readonly<Record<string, string>> = {}) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    handler(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const served = await serveDriver(opendal, {
    definition: storage,
    options: { scheme: "http", kwargs: { endpoint, ...kwargs } },
  });
  return {
    endpoint,
    seen,
    storage: served.client,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}

const content = "0123456789";

const withRanges: Handler = ({ method, url, headers }, response) => {
  if (url !== "/files/a%20b.txt") {
    response.writeHead(404).end();
    return;
  }
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
  if (start >= content.length) {
    response.writeHead(416).end();
    return;
  }
  const body = content.slice(start);
  response.writeHead(start > 0 ? 206 : 200, {
    "content-length": body.length,
    "content-type": "text/plain",
    etag: '"e"',
  });
  response.end(method === "HEAD" ? undefined : body);
};

const withoutRanges: Handler = ({ method }, response) => {
  response.writeHead(200, { "content-length": content.length });
  response.end(method === "HEAD" ? undefined : content);
};

describe("a storage of scheme http", () => {
  it("looks at files below its root and reads them", async () => {
    await using web = await serveWeb(withRanges, { root: "/files/" });
    expect(await web.storage.stat("a b.txt")).toEqual({
      kind: "file",
      contentLength: 10,
      contentType: "text/plain",
      etag: '"e"',
      contentMd5: undefined,
      contentDisposition: undefined,
    });
    expect(String(Buffer.from(await web.storage.readBytes("/a b.txt")))).toBe(content);
    expect(await web.storage.hash("a b.txt")).toBe(createHash("sha256").update(content).digest("hex"));
    expect([await web.storage.exists("a b.txt"), await web.storage.exists("nope")]).toEqual([true, false]);
    await expect(web.storage.readBytes("nope")).rejects.toMatchObject({ code: "not-found" });
  });

  it.each([
    ["knows ranges", withRanges],
    ["sends everything each time", withoutRanges],
  ])("seeks in a file of a server that %s", async (_name, handler) => {
    await using web = await serveWeb(handler, { root: "files" });
    await using file = await web.storage.open("a b.txt", "rb");
    expect(await file.seek(-3, 2)).toBe(7);
    expect(String(Buffer.from(await file.readBytes()))).toBe("789");
    expect(await file.tell()).toBe(10);
    expect(await file.readBytes()).toHaveLength(0);
    await file.seek(20);
    expect(await file.readBytes()).toHaveLength(0);
  });

  it("stays below its endpoint and root", async () => {
    await using web = await serveWeb(withRanges, { root: "/files" });
    await expect(web.storage.stat("../secret")).rejects.toMatchObject({ reason: "PATH_OUTSIDE_ROOT" });
    for (const path of ["%2e%2e/secret", "//evil.example/x", String.raw`..\secret`, "x?y#z", "@evil.example/"]) {
      await web.storage.exists(path);
    }
    expect(web.seen).toEqual([
      "HEAD /files/%252e%252e/secret",
      "HEAD /files/evil.example/x",
      "HEAD /files/..%5Csecret",
      "HEAD /files/x%3Fy%23z",
    ]);
  });

  it("sends the credentials of its configuration", async () => {
    const sent: (string | undefined)[] = [];
    const handler: Handler = ({ headers }, response) => {
      sent.push(headers.authorization);
      response.writeHead(403).end();
    };
    await using basic = await serveWeb(handler, { username: "me", password: "pass" });
    await expect(basic.storage.stat("x")).rejects.toMatchObject({ code: "permission-denied" });
    await using bearer = await serveWeb(handler, { token: "t" });
    await expect(bearer.storage.stat("x")).rejects.toMatchObject({ code: "permission-denied" });
    expect(sent).toEqual([`Basic ${Buffer.from("me:pass").toString("base64")}`, "Bearer t"]);
  });

  it("gives URLs for looking and reading", async () => {
    await using web = await serveWeb(withRanges, { root: "files" });
    expect(await web.storage.presignRead("a b.txt", { expireSeconds: 60 })).toEqual({
      url: `${web.endpoint}/files/a%20b.txt`,
      method: "GET",
      headers: {},
    });
    expect(await web.storage.presignStat("x", { expireSeconds: 60 })).toMatchObject({ method: "HEAD" });
    await expect(web.storage.presignWrite("x", { expireSeconds: 60 })).rejects.toMatchObject({ code: "unsupported" });
    expect(await web.storage.capability()).toMatchObject({ read: true, write: false, list: false, presign_read: true });
  });

  it("can only be read", async () => {
    await using web = await serveWeb(withRanges);
    const { storage } = web;
    await expect(storage.writeBytes("x", new Uint8Array())).rejects.toMatchObject({ reason: "READ_ONLY" });
    await expect(storage.copy("x", "y")).rejects.toMatchObject({ reason: "READ_ONLY" });
    await expect(storage.rename("x", "y")).rejects.toMatchObject({ reason: "READ_ONLY" });
    await expect(storage.delete("x")).rejects.toMatchObject({ reason: "READ_ONLY" });
    await expect(storage.createDir("x/")).rejects.toMatchObject({ reason: "READ_ONLY" });
    await expect(storage.removeAll("x")).rejects.toMatchObject({ code: "unsupported" });
    await expect(Array.fromAsync(storage.list("/"))).rejects.toMatchObject({ reason: "LIST_UNSUPPORTED" });
    expect(web.seen).toEqual([]);
  });

  it("says that a server is not there", async () => {
    const web = await serveWeb(withRanges);
    await web[Symbol.asyncDispose]();
    await using served = await serveDriver(opendal, {
      definition: storage,
      options: { scheme: "http", kwargs: { endpoint: web.endpoint } },
    });
    await expect(served.client.stat("x")).rejects.toMatchObject({ code: "unavailable", reason: "HTTP_FAILED" });
  });
});
