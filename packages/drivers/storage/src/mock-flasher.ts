import { createReadStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { implement } from "@jumpstarter-ts/core";
import { z } from "zod";

import { positionalFile, readBytes, writeAtCursor } from "./file-streams.ts";
import { flasher } from "./flasher-client.ts";
import { refuse } from "./storage-error.ts";

/** A flasher that keeps each partition in a temporary file, for trying an exporter without hardware. */
export const mockFlasher = implement(flasher, z.strictObject({}).default({}), async (_options, scope) => {
  const directory = await mkdtemp(join(tmpdir(), "jmp-flasher-"));
  scope.defer(() => rm(directory, { recursive: true, force: true }), { what: "remove the partitions" });
  // A partition may have any name; its file has a number.
  const files = new Map<string, string>();
  const fileOf = (partition: string): string => {
    const known = files.get(partition);
    if (known !== undefined) return known;
    const file = join(directory, `partition-${files.size}`);
    files.set(partition, file);
    return file;
  };
  return {
    async flash(image, target, { signal }) {
      const partition = target ?? "default";
      scope.log.info(`flash ${partition}`);
      const handle = await open(fileOf(partition), "w");
      try {
        await pipeline(image, writeAtCursor({ position: 0 }, positionalFile(handle, partition)), { signal });
      } finally {
        await handle.close();
      }
    },
    async dump(target, given, { signal }) {
      const partition = given ?? "default";
      const file = files.get(partition);
      if (file === undefined) {
        throw refuse(`the partition ${partition} was never flashed`, "PARTITION_EMPTY", "not-found");
      }
      await pipeline(createReadStream(file, { highWaterMark: readBytes }), target, { signal });
    },
  };
});
