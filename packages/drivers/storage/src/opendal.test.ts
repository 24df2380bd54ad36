import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { silentLogger, type Logger } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { all, data, scopeNamed, serveStorage, text } from "../test/storages.ts";
import { opendal, openStorage } from "./opendal.ts";

describe.each(["fs", "memory"])("a storage of scheme %s", (scheme) => {
  it("lists a directory with itself, and all that begins with a name without a slash", async () => {
    await using served = await serveStorage(scheme);
    await served.storage.writeBytes("a/b.txt", data("b"));
    await served.storage.writeBytes("a/deep/c.txt", data("c"));
    await served.storage.writeBytes("ab.txt", data("ab"));
    await served.storage.createDir("empty/");
    const files = served.storage;

    expect(await all(files.list("/"))).toEqual(["/", "a/", "ab.txt", "empty/"]);
    expect(await all(files.list(""))).toEqual(["/", "a/", "ab.txt", "empty/"]);
    expect(await all(files.list("a/"))).toEqual(["a/", "a/b.txt", "a/deep/"]);
    expect(await all(files.list("a"))).toEqual(["a/", "ab.txt"]);
    expect(await all(files.list("a/b"))).toEqual(["a/b.txt"]);
    expect(await all(files.list("a/b.txt"))).toEqual(["a/b.txt"]);
    expect(await all(files.list("empty/"))).toEqual(["empty/"]);
    expect(await all(files.list("nope/"))).toEqual([]);
    expect(await all(files.list("nope"))).toEqual([]);
    expect(await all(files.scan("/"))).toEqual(["/", "a/", "a/b.txt", "a/deep/", "a/deep/c.txt", "ab.txt", "empty/"]);
    expect(await all(files.scan("a"))).toEqual(["a/", "a/b.txt", "a/deep/", "a/deep/c.txt", "ab.txt"]);
  });

  it("tells files from directories", async () => {
    await using served = await serveStorage(scheme);
    await served.storage.writeBytes("a/file", data("12345"));
    const files = served.storage;

    expect(await files.stat("a/")).toMatchObject({ kind: "directory" });
    expect(await files.stat("a")).toMatchObject({ kind: "directory" });
    expect(await files.stat("/")).toMatchObject({ kind: "directory", contentLength: 0 });
    expect(await files.stat("/a/file")).toMatchObject({ kind: "file", contentLength: 5, etag: undefined });
    expect([
      await files.exists("a"),
      await files.exists("a/file"),
      await files.exists("a/file/"),
      await files.exists("b"),
    ]).toEqual([true, true, false, false]);
    await expect(files.stat("b")).rejects.toMatchObject({ code: "not-found", reason: "PATH_NOT_FOUND" });
    await expect(files.stat("a/file/x")).rejects.toMatchObject({ code: "not-found" });
  });

  it("copies and renames files, making the directories above the target", async () => {
    await using served = await serveStorage(scheme);
    const files = served.storage;
    await files.writeBytes("a", data("content"));

    await files.copy("a", "x/y/copied");
    await files.rename("a", "z/moved");
    await files.writeBytes("tree/leaf", data("leaf"));
    await files.rename("tree", "grown/tree");

    expect(text(await files.readBytes("x/y/copied"))).toBe("content");
    expect(text(await files.readBytes("z/moved"))).toBe("content");
    expect(text(await files.readBytes("grown/tree/leaf"))).toBe("leaf");
    expect([await files.exists("a"), await files.exists("tree")]).toEqual([false, false]);
    for (const act of ["copy", "rename"] as const) {
      await expect(files[act]("nope", "b")).rejects.toMatchObject({ code: "not-found" });
      await expect(files[act]("z/moved", "z/moved")).rejects.toMatchObject({ reason: "SAME_FILE" });
      await expect(files[act]("z/", "q/")).rejects.toMatchObject({ reason: "IS_A_DIRECTORY" });
      await expect(files[act]("z/moved", "x/y")).rejects.toMatchObject({ reason: "IS_A_DIRECTORY" });
    }
    await expect(files.copy("z", "q")).rejects.toMatchObject({ reason: "IS_A_DIRECTORY" });
    await expect(files.rename("grown", "grown/inside")).rejects.toMatchObject({ code: "invalid-argument" });
    expect(await files.exists("b")).toBe(false);
  });

  it("deletes one entry, and with remove_all a tree, of exactly that name", async () => {
    await using served = await serveStorage(scheme);
    const files = served.storage;
    await files.writeBytes("a/b/c", data("c"));
    await files.writeBytes("ab", data("not below a"));
    await files.createDir("empty/");

    await files.delete("nope");
    await files.delete("nope/deeper");
    await files.delete("empty/");
    await expect(files.delete("a")).rejects.toMatchObject({ code: "invalid-argument", reason: "DIRECTORY_NOT_EMPTY" });
    await files.removeAll("a");
    await files.removeAll("nope");

    expect(await files.exists("a")).toBe(false);
    expect(await files.exists("ab")).toBe(true);
    await expect(files.delete("/")).rejects.toMatchObject({ code: "invalid-argument" });
    await files.removeAll("/");
    expect(await all(files.list("/"))).toEqual(["/"]);
  });

  it("makes directories, one in another, and takes one that is there", async () => {
    await using served = await serveStorage(scheme);
    const files = served.storage;
    await files.createDir("a/b/c/");
    await files.createDir("a/b/");
    expect(await files.exists("a/b/c/")).toBe(true);
    await expect(files.createDir("d")).rejects.toMatchObject({ code: "invalid-argument", reason: "NOT_A_DIRECTORY" });
    await files.writeBytes("file", data(""));
    await expect(files.createDir("file/")).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "ALREADY_EXISTS",
    });
  });

  it("says what cannot be opened", async () => {
    await using served = await serveStorage(scheme);
    const files = served.storage;
    await files.createDir("dir/");
    await expect(files.open("nope", "rb")).rejects.toMatchObject({ code: "not-found", reason: "PATH_NOT_FOUND" });
    await expect(files.open("dir", "rb")).rejects.toMatchObject({ reason: "IS_A_DIRECTORY" });
    await expect(files.open("dir/", "wb")).rejects.toMatchObject({ reason: "IS_A_DIRECTORY" });
    await expect(files.open("dir", "wb")).rejects.toMatchObject({ reason: "IS_A_DIRECTORY" });
    await expect(files.hash("dir")).rejects.toMatchObject({ reason: "IS_A_DIRECTORY" });
    await expect(files.open("../out", "wb")).rejects.toMatchObject({
      code: "permission-denied",
      reason: "PATH_OUTSIDE_ROOT",
    });
    // @ts-expect-error: the contract has no such mode
    await expect(files.open("file", "ab")).rejects.toMatchObject({ code: "invalid-argument" });
    expect(await files.exists("file")).toBe(false);
  });

  it("states its capability in full, and signs no URLs", async () => {
    await using served = await serveStorage(scheme);
    const capability = await served.storage.capability();
    expect(Object.keys(capability)).toHaveLength(33);
    expect(capability).toMatchObject({ read: true, write: true, list: true, rename: true, presign: false });
    expect(capability).toMatchObject({ write_can_append: false, read_with_if_match: false, shared: scheme === "fs" });
    for (const presign of ["presignStat", "presignRead", "presignWrite"] as const) {
      await expect(served.storage[presign]("file", { expireSeconds: 60 })).rejects.toMatchObject({
        code: "unsupported",
        reason: "PRESIGN_UNSUPPORTED",
      });
    }
  });

  it("tracks what was made, by upstream's rules", async () => {
    await using served = await serveStorage(scheme);
    const files = served.storage;
    await (await files.open("/a/./b", "wb")).close();
    await files.createDir("dir/");
    await files.copy("a/b", "copied");
    expect(await files.getCreatedResources()).toEqual(["a/b", "copied", "dir"]);
    await files.rename("copied", "dir/moved");
    await files.registerPath("by/hand/");
    expect(await files.getCreatedResources()).toEqual(["a/b", "by/hand", "dir", "dir/moved"]);
    await files.delete("dir/moved");
    await files.removeAll("dir");
    await files.delete("by/hand");
    expect(await files.getCreatedResources()).toEqual(["a/b"]);
  });
});

describe("a storage on a directory", () => {
  it("removes what was made when the session ends, and leaves what was there", async () => {
    await using served = await serveStorage("fs", { remove_created_on_close: true });
    await mkdir(join(served.root, "kept"), { recursive: true });
    await writeFile(join(served.root, "kept", "old"), "old");
    await served.storage.writeBytes("new", data("new"));
    await served.storage.createDir("tree/");
    await served.storage.writeBytes("tree/leaf", data("leaf"));
    await served.storage.writeBytes("kept/new", data("new"));
    await served.storage.open("still-open", "wb");
    await expect(served.storage.registerPath("../../outside")).rejects.toMatchObject({ reason: "PATH_OUTSIDE_ROOT" });

    await served.end();

    expect((await readdir(served.root, { recursive: true })).toSorted()).toEqual(["kept", "kept/old"]);
  });

  it("keeps what was made unless it is told to remove it", async () => {
    await using served = await serveStorage("fs");
    await served.storage.writeBytes("new", data("new"));
    await served.end();
    expect(await readFile(join(served.root, "new"), "utf8")).toBe("new");
  });

  it("moves files in from a path, and out to one", async () => {
    await using served = await serveStorage("fs");
    const bytes = randomBytes(200_000);
    await writeFile(join(served.directory, "in.bin"), bytes);

    const written = await served.storage.writeFromPath("stored", join(served.directory, "in.bin"), { verify: "hash" });
    const read = await served.storage.readIntoPath("stored", join(served.directory, "out.bin"));

    expect(written).toMatchObject({ isSkipped: false, isVerified: true });
    expect(read.lengthBytes).toBe(bytes.length);
    expect(await readFile(join(served.directory, "out.bin"))).toEqual(bytes);
    const again = served.storage.writeFromPath("stored", join(served.directory, "in.bin"), { onlyIfChanged: true });
    expect(await again).toMatchObject({ isSkipped: true, sha256: written.sha256 });
  });

  it("ends a transfer when its file is closed", async () => {
    await using served = await serveStorage("fs");
    const file = await served.storage.open("endless", "wb");
    const { promise: started, resolve } = Promise.withResolvers<void>();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield new Uint8Array(65_536);
        resolve();
      }
    }
    const writing = file.writeFromPath(endless()).catch((error: unknown) => error);
    await started;
    await expect.poll(() => file.tell()).toBeGreaterThan(0);
    await expect(file.writeBytes(data("x"))).rejects.toMatchObject({ reason: "FILE_BUSY" });
    await file.close();

    expect(await writing).toMatchObject({ message: expect.stringMatching(/closed/) });
  });

  it("takes an exporter's own file, and counts it as made", async () => {
    await using served = await serveStorage("fs");
    await writeFile(join(served.directory, "kernel"), "kernel");
    await using scope = scopeNamed("child");
    const options = { scheme: "fs", kwargs: { root: served.root }, remove_created_on_close: true };
    const opened = await openStorage(options, scope);

    await opened.copyExporterFile(join(served.directory, "kernel"), "boot/kernel");

    expect(await readFile(join(served.root, "boot/kernel"), "utf8")).toBe("kernel");
    await expect(opened.copyExporterFile(join(served.directory, "nope"), "x")).rejects.toMatchObject({
      code: "not-found",
    });
    expect(await scope.close()).toEqual([]);
    expect(existsSync(join(served.root, "boot/kernel"))).toBe(false);
  });

  it("starts a relative root from the exporter's configuration", async () => {
    await using served = await serveStorage("fs");
    await using scope = Object.assign(scopeNamed("relative"), { baseDirectory: served.directory });
    await opendal.open({ scheme: "fs", kwargs: { root: "./below" } }, scope);
    expect(existsSync(join(served.directory, "below"))).toBe(true);
  });
});

describe("the options of a storage", () => {
  it.each([
    [{ scheme: "s3", kwargs: { bucket: "b" } }, "unsupported", /s3, but only fs, http and memory are supported/],
    [{ scheme: "fs", kwargs: {} }, "invalid-argument", /root/],
    [{ scheme: "fs", kwargs: { root: "/tmp/x", bogus: "1" } }, "invalid-argument", /bogus/],
    [
      { scheme: "fs", kwargs: { root: "/dev/null" } },
      "invalid-argument",
      /\/dev\/null is to be served, and is no directory/,
    ],
    [{ scheme: "fs", kwargs: { root: "/dev/null/x" } }, "invalid-argument", /is no directory/],
    [{ scheme: "http", kwargs: { endpoint: "ftp://x" } }, "invalid-argument", /endpoint/],
    [{ scheme: "memory", kwargs: { root: "/" } }, "invalid-argument", /root/],
    [{ scheme: "fs" }, "invalid-argument", /kwargs/],
  ])("%j are refused", async (options, code, message) => {
    await using scope = scopeNamed("storage");
    await expect(opendal.open(options, scope)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("warn that nothing can be removed behind http", async () => {
    const warnings: string[] = [];
    const log: Logger = { ...silentLogger, warning: (message) => void warnings.push(message) };
    await using scope = Object.assign(scopeNamed("storage"), { log });
    const kwargs = { endpoint: "http://127.0.0.1:1" };
    await opendal.open({ scheme: "http", kwargs, remove_created_on_close: true }, scope);
    expect(warnings).toEqual([expect.stringContaining("remove_created_on_close")]);
  });
});
