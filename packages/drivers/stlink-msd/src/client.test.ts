import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

import { JumpstarterError, readAll, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { stlinkMsd } from "./client.ts";

const details = { Version: "0221", Build: "Jan  7 2014", mount_point: "/media/NODE_F446RE" };

/** A board whose driver keeps what it was asked, and a directory for firmware. */
async function openBoard() {
  const flashed: unknown[] = [];
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-stlink-"));
  const served = await serveDriver(
    serve(stlinkMsd, {
      info: () => details,
      async flash(image, target) {
        flashed.push([Buffer.from(await readAll(image)).toString(), target]);
      },
      dump() {
        throw new JumpstarterError("the volume gives nothing back", { code: "unsupported", reason: "NO_DUMP" });
      },
    }),
    { definition: stlinkMsd },
  );
  return {
    client: served.client,
    flashed,
    async firmware(name: string, content: string | Uint8Array) {
      const path = join(directory, name);
      await writeFile(path, content);
      return path;
    },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe("an ST-LINK volume", () => {
  it("takes a firmware under the name of its file, because the ending says what is in it", async () => {
    await using board = await openBoard();
    const path = await board.firmware("blink.hex", ":00000001FF");
    await board.client.flash(path);
    await board.client.flash(pathToFileURL(path));
    const packed = await board.firmware("packed.hex.gz", gzipSync(":00000001FF"));
    await board.client.flash(packed, { encoding: "gzip" });
    expect(board.flashed).toEqual([
      [":00000001FF", "blink.hex"],
      [":00000001FF", "blink.hex"],
      [":00000001FF", "packed.hex"],
    ]);
  });

  it("leaves the name to the driver where nothing tells it", async () => {
    await using board = await openBoard();
    await board.client.flash(Buffer.from("raw"));
    await board.client.flash(await board.firmware("image", "raw"));
    expect(board.flashed).toEqual([
      ["raw", undefined],
      ["raw", undefined],
    ]);
  });

  it("takes the name that the test gives", async () => {
    await using board = await openBoard();
    await board.client.flash(await board.firmware("blink.hex", "raw"), { target: "app.bin" });
    expect(board.flashed).toEqual([["raw", "app.bin"]]);
  });

  it("tells about itself in its own words", async () => {
    await using board = await openBoard();
    await expect(board.client.info()).resolves.toEqual(details);
  });

  it("cannot be read, and says so", async () => {
    await using board = await openBoard();
    await expect(board.client.dump("never-written.bin")).rejects.toMatchObject({ code: "unsupported" });
  });
});
