import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

import { serve, type DriverMethods } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";

import { flasher } from "../src/flasher-client.ts";
import type { flasherContract } from "../src/flasher-contract.ts";
import { mockFlasher } from "../src/mock-flasher.ts";

export const serveMock = () => serveDriver(mockFlasher, { definition: flasher });

/** A device that the test plays. */
export const servePlayed = (methods: DriverMethods<typeof flasherContract>) =>
  serveDriver(serve(flasher, methods), { definition: flasher });

/** A device that keeps what it was given, by target, with a flaw where the test wants one. */
export function createMemoryDevice({ flaw = (bytes: Buffer): Buffer => bytes } = {}) {
  const held = new Map<string, Buffer>();
  const calls: string[] = [];
  const methods: DriverMethods<typeof flasherContract> = {
    async flash(image, target) {
      calls.push(`flash ${target ?? "-"}`);
      held.set(target ?? "-", flaw(await buffer(image)));
    },
    async dump(to, target, { signal }) {
      calls.push(`dump ${target ?? "-"}`);
      await pipeline(Readable.from([held.get(target ?? "-") ?? Buffer.alloc(0)]), to, { signal });
    },
  };
  return { held, calls, methods };
}

export async function dumped(
  client: Awaited<ReturnType<typeof serveMock>>["client"],
  target?: string,
): Promise<Buffer> {
  const to = new PassThrough();
  const [bytes] = await Promise.all([buffer(to), client.dump(to, { target })]);
  return bytes;
}

export async function createDirectory() {
  const path = await mkdtemp(join(tmpdir(), "jmp-flasher-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
