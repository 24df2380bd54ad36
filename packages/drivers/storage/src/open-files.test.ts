import { createHash, randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import { data, serveStorage, text } from "../test/storages.ts";

describe.each(["fs", "memory"])("a file in a storage of scheme %s", (scheme) => {
  it("gives back every byte that it was given, at any size", async () => {
    await using served = await serveStorage(scheme);
    for (const length of [0, 1, 65_535, 65_536, 65_537, 1_048_576, 3_000_001]) {
      const bytes = randomBytes(length);
      await served.storage.writeBytes("sub/file.bin", bytes);
      const back = await served.storage.readBytes("sub/file.bin");
      expect(Buffer.compare(back, bytes)).toBe(0);
      expect(await served.storage.hash("sub/file.bin")).toBe(createHash("sha256").update(bytes).digest("hex"));
      expect(await served.storage.hash("sub/file.bin", { algorithm: "md5" })).toBe(
        createHash("md5").update(bytes).digest("hex"),
      );
      expect(await served.storage.stat("sub/file.bin")).toMatchObject({ kind: "file", contentLength: length });
    }
  });

  it.each([undefined, "gzip", "zstd"] as const)(
    "is whole for a reader slower than its disk, as %s",
    async (encoding) => {
      await using served = await serveStorage(scheme);
      const bytes = randomBytes(5_000_001);
      await served.storage.writeBytes("image", bytes);
      const chunks: Buffer[] = [];
      const to = new Writable({
        highWaterMark: 1,
        write(chunk: Buffer, _encoding, done) {
          chunks.push(Buffer.from(chunk));
          setImmediate(done);
        },
      });

      await using file = await served.storage.open("image", "rb");
      await file.readIntoPath(encoding === undefined ? to : { to, encoding });

      const came = Buffer.concat(chunks);
      const plain = { gzip: gunzipSync, zstd: zstdDecompressSync, undefined: (same: Buffer) => same }[`${encoding}`](
        came,
      );
      expect(Buffer.compare(plain, bytes)).toBe(0);
    },
  );

  it("writes at the cursor, one piece after the other", async () => {
    await using served = await serveStorage(scheme);
    await using file = await served.storage.open("log", "wb");
    await file.writeBytes(data("one "));
    await file.writeBytes(data("two"));

    expect(await file.tell()).toBe(7);
    expect([await file.readable(), await file.writable(), await file.seekable()]).toEqual([false, true, false]);
    await expect(file.readBytes()).rejects.toMatchObject({ code: "invalid-argument", reason: "FILE_NOT_READABLE" });
    await expect(file.seek(0)).rejects.toMatchObject({ code: "invalid-argument", reason: "FILE_NOT_SEEKABLE" });
    await file.close();
    expect(text(await served.storage.readBytes("log"))).toBe("one two");
  });

  it("seeks and tells as a file of Python does", async () => {
    await using served = await serveStorage(scheme);
    await served.storage.writeBytes("digits", data("0123456789"));
    await using file = await served.storage.open("digits", "rb");

    expect(await file.tell()).toBe(0);
    expect(await file.seek(3)).toBe(3);
    expect(await file.seek(2, 1)).toBe(5);
    expect(text(await file.readBytes())).toBe("56789");
    expect(await file.tell()).toBe(10);
    expect(text(await file.readBytes())).toBe("");
    expect(await file.seek(-2, 2)).toBe(8);
    expect(text(await file.readBytes())).toBe("89");
    expect(await file.seek(100)).toBe(100);
    expect(text(await file.readBytes())).toBe("");
    await expect(file.seek(-1)).rejects.toMatchObject({ code: "invalid-argument", reason: "SEEK_NEGATIVE" });
    await expect(file.seek(-101, 1)).rejects.toMatchObject({ reason: "SEEK_NEGATIVE" });
    expect(await file.tell()).toBe(100);
    expect([await file.readable(), await file.writable(), await file.seekable()]).toEqual([true, false, true]);
    await expect(file.writeBytes(data("x"))).rejects.toMatchObject({ reason: "FILE_NOT_WRITABLE" });
  });

  it("knows a closed file as closed, and another id not at all", async () => {
    await using served = await serveStorage(scheme);
    const file = await served.storage.open("file", "wb");
    expect(await file.closed()).toBe(false);
    await file.close();
    await file.close();

    expect(await file.closed()).toBe(true);
    expect([await file.readable(), await file.writable(), await file.seekable()]).toEqual([false, false, false]);
    await expect(file.tell()).rejects.toMatchObject({ code: "invalid-argument", reason: "FILE_CLOSED" });
    await expect(served.device.call("file_tell", "no-such-id")).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "FILE_UNKNOWN",
    });
  });

  it("begins a file anew when it is opened for writing", async () => {
    await using served = await serveStorage(scheme);
    await served.storage.writeBytes("file", data("something long"));
    await served.storage.writeBytes("file", data("short"));
    expect(text(await served.storage.readBytes("file"))).toBe("short");
  });

  it("does not open more files than it should", async () => {
    await using served = await serveStorage(scheme);
    const files = await Promise.all(Array.from({ length: 128 }, (_, index) => served.storage.open(`${index}`, "wb")));
    await expect(served.storage.open("one-more", "wb")).rejects.toMatchObject({ reason: "TOO_MANY_OPEN_FILES" });
    await files[0]?.close();
    await (await served.storage.open("one-more", "wb")).close();
  });
});
