import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { bytes, serve } from "@jumpstarter-ts/core";
import { opendal } from "@jumpstarter-ts/driver-storage/opendal";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { tftp } from "./client.ts";

/** A server that only notes what it is told, over a real directory. */
async function openTftp() {
  const root = await mkdtemp(join(tmpdir(), "jumpstarter-tftp-"));
  const calls: string[] = [];
  const served = await serveDriver(
    serve(tftp, {
      start: () => void calls.push("start"),
      stop: () => void calls.push("stop"),
      get_host: () => "192.0.2.1",
      get_port: () => 69,
    }),
    {
      definition: tftp,
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

describe("the tftp client", () => {
  it("stops what it has started when the block ends", async () => {
    await using served = await openTftp();
    {
      await using server = await served.client.serve();
      expect([server.host, server.port]).toEqual(["192.0.2.1", 69]);
      expect(served.calls).toEqual(["start"]);
    }
    expect(served.calls).toEqual(["start", "stop"]);
  });

  it("puts files among those that are served", async () => {
    await using served = await openTftp();
    await served.client.putFile("Image", bytes("kernel"));
    await expect(readFile(join(served.root, "Image"), "utf8")).resolves.toBe("kernel");
    await expect(served.client.storage.exists("Image")).resolves.toBe(true);
  });

  it("starts and stops by hand", async () => {
    await using served = await openTftp();
    await served.client.start();
    await served.client.stop();
    expect(served.calls).toEqual(["start", "stop"]);
  });
});
