import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createScope, silentLogger, type DriverScope } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";

import { opendal } from "../src/opendal.ts";
import { storage } from "../src/storage-client.ts";

export const text = (data: Uint8Array): string => new TextDecoder().decode(data);
export const data = (text: string): Uint8Array => new TextEncoder().encode(text);
export const all = async (paths: AsyncIterable<string>): Promise<readonly string[]> =>
  (await Array.fromAsync(paths)).toSorted();

/** A storage behind a real exporter, in a directory of its own. */
export async function serveStorage(scheme: string, options: Readonly<Record<string, unknown>> = {}) {
  const directory = await mkdtemp(join(tmpdir(), "jmp-opendal-"));
  const root = join(directory, "root");
  const kwargs = scheme === "fs" ? { root } : {};
  const served = await serveDriver(opendal, { definition: storage, options: { scheme, kwargs, ...options } });
  return {
    root,
    directory,
    storage: served.client,
    device: served.device,
    /** As the session ends. */
    end: () => served[Symbol.asyncDispose](),
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function scopeNamed(name: string): DriverScope {
  return Object.assign(createScope(name), { log: silentLogger, baseDirectory: "/", children: {} });
}
