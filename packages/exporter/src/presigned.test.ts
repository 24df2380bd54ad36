import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

import { readAll } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openBench } from "../test/bench.ts";
import { createProbe, pattern, sha256 } from "../test/probe.ts";

async function probeBench() {
  return openBench({ yaml: "export: { probe: { type: probe } }", drivers: { probe: createProbe().implementation } });
}

const size = 5_000_003;
const image = pattern(size);

describe("a resource at a URL", () => {
  const get = (url: string, headers = {}) => ({ kind: "presigned_request", url, method: "GET", headers });
  const put = (url: string, headers = {}) => ({ kind: "presigned_request", url, method: "PUT", headers });

  it("is fetched by the exporter", async () => {
    await using bench = await probeBench();
    await using web = await serveHttp((_request, response) => response.end(image));

    expect(await bench.call("probe", "take", get(`${web.url}/image.bin`))).toEqual({
      length: size,
      sha256: sha256(image),
    });
  });

  it("is fetched through redirects, and no secret follows to another origin", async () => {
    await using bench = await probeBench();
    const seen: (string | undefined)[] = [];
    await using elsewhere = await serveHttp((request, response) => {
      seen.push(request.headers.authorization, request.headers["x-plain"]?.toString());
      response.end("ok");
    });
    await using web = await serveHttp((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: `${elsewhere.url}/there` }).end();
    });

    await bench.call("probe", "take", get(web.url, { authorization: "Bearer secret", "x-plain": "kept" }));

    expect(seen).toEqual(["Bearer secret", undefined, "kept"]);
  });

  it("may redirect ten times", async () => {
    await using bench = await probeBench();
    await using web = await serveHttp((request, response) => {
      const hop = Number(request.url?.slice(1));
      if (hop === 10) response.end(image);
      else response.writeHead(308, { location: `/${hop + 1}` }).end();
    });

    expect(await bench.call("probe", "take", get(`${web.url}/0`))).toMatchObject({ length: size });
    await expect(bench.call("probe", "take", get(`${web.url}/-1`))).rejects.toThrow("redirects more than 10 times");
  });

  it("keeps its query to itself, whatever goes wrong", async () => {
    const logged: string[] = [];
    await using bench = await openBench({
      yaml: "export: { probe: { type: probe } }",
      drivers: { probe: createProbe().implementation },
      log: ({ message }) => logged.push(message),
    });
    await using web = await serveHttp((request, response) => {
      if (request.url?.startsWith("/moved")) response.writeHead(302, { location: "/gone?signature=s3cret" }).end();
      else if (request.url?.startsWith("/cut")) {
        response.writeHead(200, { "content-length": "1000" });
        response.write("half", () => response.destroy());
      } else response.writeHead(404).end();
    });
    const urls = [`${web.url}/gone?signature=s3cret`, `${web.url}/moved`, `${web.url}/cut?signature=s3cret`];
    urls.push("http://127.0.0.1:1/image?signature=s3cret");

    const failures = await Promise.all(
      urls.map((url) => bench.call("probe", "take", get(url)).catch((error: unknown) => String(error))),
    );

    expect(failures[0]).toContain("/gone?… answered 404");
    expect(failures[1]).toContain("/gone?… answered 404");
    expect(failures[3]).toContain("/image?… cannot be reached");
    expect(`${failures.join()}${logged.join()}`).not.toContain("s3cret");
  });

  it("that redirects for ever is given up", async () => {
    await using bench = await probeBench();
    await using web = await serveHttp((request, response) =>
      response.writeHead(307, { location: `/${Number(request.url?.slice(1)) + 1}` }).end(),
    );

    await expect(bench.call("probe", "take", get(`${web.url}/0`))).rejects.toMatchObject({ reason: "HTTP_FAILED" });
  });

  it("is written to by the exporter", async () => {
    await using bench = await probeBench();
    const { promise: body, resolve } = Promise.withResolvers<Uint8Array>();
    await using web = await serveHttp((request, response) => {
      void readAll(request).then((bytes) => {
        response.end();
        resolve(bytes);
      });
    });

    await bench.call("probe", "give", put(`${web.url}/dump.bin`), size);

    expect(sha256(await body)).toBe(sha256(image));
  });

  it.each([
    ["take", get],
    ["give", put],
  ])("that answers with an error fails %s without naming its query", async (method, request) => {
    await using bench = await probeBench();
    await using web = await serveHttp((_request, response) => response.writeHead(403).end("no"));
    const url = `${web.url}/image.bin?signature=secret`;
    const args = method === "give" ? [request(url), 10] : [request(url)];

    await expect(bench.call("probe", method, ...args)).rejects.toMatchObject({
      message: `${method}: ${web.url}/image.bin?… answered 403 Forbidden`,
      reason: "HTTP_FAILED",
    });
  });

  it("for the other direction is refused", async () => {
    await using bench = await probeBench();

    await expect(bench.call("probe", "take", put("http://127.0.0.1:9/x"))).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "RESOURCE_DIRECTION",
    });
    await expect(bench.call("probe", "take", get("file:///etc/passwd"))).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});

async function serveHttp(listener: RequestListener) {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Listening on TCP gives an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
