import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readAll } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";

import { http } from "../src/client.ts";
import { httpServer } from "../src/server.ts";

/** The driver on a directory of its own, `www` within another one. */
export async function openServer(options: Readonly<Record<string, unknown>> = {}) {
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
export async function ask(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(request);
  return Buffer.from(await readAll(socket)).toString("latin1");
}
