import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { bytes, serve } from "@jumpstarter-ts/core";
import { opendal } from "@jumpstarter-ts/driver-storage/opendal";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { http } from "./client.ts";

/** A server that only notes what it is told, over a real directory. */
async function openHttp({ host = "192.0.2.1" }: { readonly host?: string | null } = {}) {
  const root = await mkdtemp(join(tmpdir(), "jumpstarter-http-"));
  const calls: string[] = [];
  const served = await serveDriver(
    serve(http, {
      start: () => void calls.push("start"),
      stop: () => void calls.push("stop"),
      get_url: () => "http://192.0.2.1:8080",
      get_host: () => host,
      get_port: () => 8080,
    }),
    {
      definition: http,
      children: { storage: { implementation: opendal, options: { scheme: "fs", kwargs: { root } } } },
    },
  );
  return {
    client: served.client,
    root,
    calls,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(root, { recursive: true });
    },
  };
}

describe("the http client", () => {
  it("puts a file among those that are served, and gives its URL", async () => {
    await using served = await openHttp();

    const url = await served.client.putFile("boot files/image#1.bin", bytes("image"));

    expect(url).toBe("http://192.0.2.1:8080/boot%20files/image%231.bin");
    await expect(readFile(join(served.root, "boot files/image#1.bin"), "utf8")).resolves.toBe("image");
  });

  it("stops what it has started when the block ends", async () => {
    await using served = await openHttp();
    {
      await using server = await served.client.serve();
      expect(server.url).toBe("http://192.0.2.1:8080");
      expect(served.calls).toEqual(["start"]);
    }
    expect(served.calls).toEqual(["start", "stop"]);
  });

  it("tells where the server is", async () => {
    await using served = await openHttp();
    await expect(served.client.host()).resolves.toBe("192.0.2.1");
    await expect(served.client.port()).resolves.toBe(8080);
  });

  it("says so where the exporter does not know its own address", async () => {
    await using served = await openHttp({ host: null });
    await expect(served.client.host()).rejects.toMatchObject({ reason: "HTTP_NO_HOST" });
  });

  it("starts and stops by hand", async () => {
    await using served = await openHttp();
    await served.client.start();
    await served.client.stop();
    expect(served.calls).toEqual(["start", "stop"]);
  });
});
