import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { implement, type DriverMethods, type DriverScope } from "@jumpstarter-ts/core";
import { z } from "zod";

import { blockBytes } from "./file-streams.ts";
import { storageMux, storageMuxFlasher } from "./storage-mux-client.ts";
import type { storageMuxContract } from "./storage-mux-contract.ts";

const options = z.strictObject({}).default({});

/** A mux whose storage is a temporary file, and whose switch exists only in the log. */
export const mockStorageMux = implement(storageMux, options, (_options, scope) => openMux(scope));
export const mockStorageMuxFlasher = implement(storageMuxFlasher, options, (_options, scope) => openMux(scope));

async function openMux(scope: DriverScope): Promise<DriverMethods<typeof storageMuxContract>> {
  const directory = await mkdtemp(join(tmpdir(), "jmp-storage-mux-"));
  scope.defer(() => rm(directory, { recursive: true, force: true }), { what: "remove the storage" });
  const file = join(directory, "storage");
  await writeFile(file, "");
  return {
    host: () => scope.log.info("storage connected to the host"),
    dut: () => scope.log.info("storage connected to the device under test"),
    off: () => scope.log.info("storage disconnected"),
    write: (image, { signal }) => pipeline(image, createWriteStream(file, { highWaterMark: blockBytes }), { signal }),
    read: (target, { signal }) => pipeline(createReadStream(file, { highWaterMark: blockBytes }), target, { signal }),
  };
}
