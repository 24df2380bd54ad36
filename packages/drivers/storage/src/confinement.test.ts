import { execFileSync } from "node:child_process";
import { existsSync, linkSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { StorageBackend } from "./backend.ts";
import { fsBackend } from "./fs-backend.ts";
import { parsePath } from "./storage-path.ts";
import { listEntries, removeTree } from "./tree.ts";

const { signal } = new AbortController();
const secret = "the exporter's own";

/** A root with a neighbour that must stay as it is, and every kind of link between them. */
async function createHouse() {
  const house = await mkdtemp(join(tmpdir(), "jmp-confinement-"));
  const root = join(house, "root");
  const outside = join(house, "outside");
  await mkdir(join(root, "inner", "deep"), { recursive: true });
  await mkdir(join(outside, "directory"), { recursive: true });
  await writeFile(join(outside, "secret"), secret);
  await writeFile(join(root, "plain"), "ours");
  await writeFile(join(root, "inner", "file"), "inner");
  const links: Record<string, string> = {
    "to-secret": "../outside/secret",
    "to-secret-absolute": join(outside, "secret"),
    "to-outside": "../outside",
    "to-outside-absolute": outside,
    "to-nowhere": "../outside/new",
    "to-slash": "/",
    "to-parent": "..",
    "to-root-brother": `${root}-brother`,
    "to-proc-root": "/proc/self/root",
    "to-proc-cwd": "/proc/self/cwd",
    "inner/up": "../..",
    "inner/deep/chain": "../../to-outside",
    "loop-a": "loop-b",
    "loop-b": "loop-a",
    "to-itself": "to-itself",
  };
  for (const [name, target] of Object.entries(links)) await symlink(target, join(root, name));
  await mkdir(`${root}-brother`);
  await writeFile(join(`${root}-brother`, "secret"), secret);
  return {
    root,
    outside,
    /** What lies outside, with its content. */
    async neighbours(): Promise<readonly string[]> {
      const seen = [
        ...(await readdir(house)),
        ...(await readdir(outside)),
        ...(await readdir(join(outside, "directory"))),
        ...(await readdir(`${root}-brother`)),
      ];
      return [...seen.toSorted(), await readFile(join(outside, "secret"), "utf8")];
    },
    [Symbol.asyncDispose]: () => rm(house, { recursive: true, force: true }),
  };
}

async function contentOf(backend: StorageBackend, path: string): Promise<string> {
  const file = await backend.open(parsePath(path), "rb", signal);
  try {
    return await readText(file.blocks());
  } finally {
    await file.close();
  }
}

async function put(backend: StorageBackend, path: string, text: string): Promise<void> {
  const file = await backend.open(parsePath(path), "wb", signal);
  try {
    await pipeline(Readable.from([Buffer.from(text)]), file.writable());
  } finally {
    await file.close();
  }
}

const attempts: Readonly<Record<string, (backend: StorageBackend, path: string) => Promise<unknown>>> = {
  stat: (backend, path) => backend.stat(parsePath(path), signal),
  read: contentOf,
  write: (backend, path) => put(backend, path, "overwritten"),
  list: (backend, path) => Array.fromAsync(listEntries(backend, parsePath(`${path}/`), { isRecursive: true })),
  "make a directory": (backend, path) => backend.createDirectory(parsePath(`${path}/made/`)),
  "copy from": (backend, path) => backend.copy(parsePath(path), parsePath("stolen"), signal),
  "copy to": (backend, path) => backend.copy(parsePath("plain"), parsePath(path), signal),
  "write below": (backend, path) => put(backend, `${path}/new`, "placed"),
  "rename from below": (backend, path) => backend.rename(parsePath(`${path}/secret`), parsePath("stolen")),
  "rename to below": (backend, path) => backend.rename(parsePath("plain"), parsePath(`${path}/new`)),
  "delete below": (backend, path) => backend.remove(parsePath(`${path}/secret`)),
  "remove all below": (backend, path) => removeTree(backend, parsePath(`${path}/secret`)),
};

const outward = [
  "to-secret",
  "to-secret-absolute",
  "to-outside",
  "to-outside-absolute",
  "to-outside/secret",
  "to-nowhere",
  "to-slash",
  "to-slash/etc",
  "to-parent",
  "to-parent/outside",
  "to-parent/root/../outside",
  "to-root-brother",
  "to-root-brother/secret",
  "to-proc-root",
  "to-proc-cwd",
  "inner/up",
  "inner/up/outside/secret",
  "inner/deep/chain",
  "loop-a",
  "to-itself",
];

describe.each(["linux", "darwin"] as const)("a storage on a directory, confined as on %s", (platform) => {
  it.each(Object.keys(attempts))("does not %s through a link that leads out", async (name) => {
    await using house = await createHouse();
    const backend = await fsBackend(house.root, { platform });
    const before = await house.neighbours();

    for (const path of outward) {
      const seen = await attempts[name]?.(backend, path).catch((error: unknown) => error);
      // What is refused says so; what answers has nothing of the outside to say.
      expect(JSON.stringify([path, seen])).not.toContain(secret);
    }

    expect(await house.neighbours()).toEqual(before);
    expect(existsSync(join(house.root, "stolen"))).toBe(false);
    expect(await readFile(join(house.root, "plain"), "utf8")).toBe("ours");
  });

  it("says that a link leads out, and nothing of where to", async () => {
    await using house = await createHouse();
    const backend = await fsBackend(house.root, { platform });

    const look = backend.stat(parsePath("to-secret-absolute"), signal);
    await expect(look).rejects.toMatchObject({ code: "permission-denied", reason: "PATH_OUTSIDE_ROOT" });
    await expect(contentOf(backend, "to-secret")).rejects.toMatchObject({
      code: "permission-denied",
      reason: "PATH_OUTSIDE_ROOT",
      message: `"to-secret" leads out of the storage's root, which no path may`,
    });
  });

  it("follows a link that stays below the root", async () => {
    await using house = await createHouse();
    await symlink("inner", join(house.root, "relative"));
    await symlink(join(house.root, "inner"), join(house.root, "absolute"));
    await symlink("../inner/file", join(house.root, "inner", "back"));
    const backend = await fsBackend(house.root, { platform });

    expect(await contentOf(backend, "relative/file")).toBe("inner");
    expect(await contentOf(backend, "absolute/deep/../file")).toBe("inner");
    expect(await contentOf(backend, "inner/back")).toBe("inner");
    await put(backend, "relative/new/file", "made");
    expect(await readFile(join(house.root, "inner/new/file"), "utf8")).toBe("made");
  });

  it("removes a link and never what it leads to", async () => {
    await using house = await createHouse();
    const backend = await fsBackend(house.root, { platform });
    const before = await house.neighbours();

    await backend.remove(parsePath("to-secret"));
    await removeTree(backend, parsePath("to-outside"));
    await removeTree(backend, parsePath("inner"));
    await removeTree(backend, parsePath("/"));

    expect(await house.neighbours()).toEqual(before);
    expect(await readdir(house.root)).toEqual([]);
  });

  it("does not wait for the other end of a pipe, and writes to no device", async () => {
    await using house = await createHouse();
    execFileSync("mkfifo", [join(house.root, "pipe")]);
    const backend = await fsBackend(house.root, { platform });

    await expect(contentOf(backend, "pipe")).rejects.toMatchObject({ reason: "NOT_A_FILE" });
    await expect(put(backend, "pipe", "x")).rejects.toMatchObject({ code: expect.any(String) });
    expect(await backend.stat(parsePath("pipe"), signal)).toMatchObject({
      mode: { entry_is_file: false, entry_is_dir: false },
    });
  });

  it("does not destroy a file that is copied to itself under another name", async () => {
    await using house = await createHouse();
    linkSync(join(house.root, "plain"), join(house.root, "same"));
    const backend = await fsBackend(house.root, { platform });

    await expect(backend.copy(parsePath("plain"), parsePath("same"), signal)).rejects.toMatchObject({
      reason: "SAME_FILE",
    });

    expect(await contentOf(backend, "plain")).toBe("ours");
  });

  it("stays inside for any path through any links", async () => {
    const names = ["a", "b", "c"];
    const name = fc.constantFrom(...names);
    const step = fc.constantFrom(...names, "..", ".", "");
    const target = fc.oneof(
      fc.array(step, { minLength: 1, maxLength: 4 }).map((words) => words.join("/") || "."),
      fc.constantFrom("../outside", "../../outside/secret", "/", "../root-brother"),
    );
    const path = fc.array(step, { minLength: 1, maxLength: 5 }).map((words) => words.join("/"));
    const links = fc.array(fc.tuple(fc.array(name, { minLength: 1, maxLength: 2 }), target), { maxLength: 5 });

    await fc.assert(
      fc.asyncProperty(links, path, fc.constantFrom(...Object.keys(attempts)), async (links, path, attempt) => {
        await using house = await createHouse();
        await mkdir(join(house.root, "a"));
        for (const [at, target] of links) {
          const place = join(house.root, ...at);
          const above = await realpath(join(place, "..")).catch(() => undefined);
          // Where a link of this run lies in the way, there is no place for this one.
          if (above === house.root || above?.startsWith(`${house.root}/`) === true) {
            await symlink(target, place).catch(() => undefined);
          }
        }
        const before = await house.neighbours();
        const backend = await fsBackend(house.root, { platform });
        const seen = await (async () => attempts[attempt]?.(backend, path))().catch((error: unknown) => error);
        expect(JSON.stringify([path, seen])).not.toContain(secret);
        expect(await house.neighbours()).toEqual(before);
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });
});

describe.runIf(process.platform === "linux")("the steps of a storage on a directory", () => {
  it("leave nothing open, whether they succeed or not", async () => {
    await using house = await createHouse();
    const backend = await fsBackend(house.root, { platform: "linux" });
    const openNow = async (): Promise<number> => (await readdir("/proc/self/fd")).length;
    const before = await openNow();

    const paths = [...outward, "plain", "inner/file", "inner/deep", "nope/nope", ""];
    for (const attempt of Object.values(attempts)) {
      await Promise.allSettled(paths.map(async (path) => attempt(backend, path)));
    }

    // The test runner may open a file of its own; a leak here would be of hundreds.
    expect(await openNow()).toBeLessThan(before + 10);
  });
});

describe.runIf(process.platform === "linux")("a storage on a directory that somebody changes meanwhile", () => {
  it("never leaves its root while a directory is swapped for a link, again and again", async () => {
    await using house = await createHouse();
    const { root, outside } = house;
    const door = join(root, "door");
    const backend = await fsBackend(root);
    const before = await house.neighbours();
    const stopped = new AbortController();
    const swapping = (async () => {
      // Whoever writes to door/ may have made it meanwhile, so that any step may come too late.
      const late = (): undefined => undefined;
      for (let turn = 0; !stopped.signal.aborted; turn += 1) {
        await rename(door, join(root, `aside-${turn}`)).catch(late);
        await symlink(outside, door).catch(late);
        await rename(door, join(root, `trap-${turn}`)).catch(late);
        await mkdir(door).catch(late);
      }
    })();

    let written = 0;
    for (let round = 0; round < 300; round += 1) {
      const attempts = [
        put(backend, "door/planted", "x").then(() => (written += 1)),
        contentOf(backend, "door/secret").then((text) => expect(text).not.toBe(secret)),
        backend.remove(parsePath("door/secret")),
        backend.createDirectory(parsePath("door/made/")),
      ];
      await Promise.allSettled(attempts);
    }
    stopped.abort();
    await swapping;

    expect(await house.neighbours()).toEqual(before);
    expect(written).toBeGreaterThan(0);
  });
});
