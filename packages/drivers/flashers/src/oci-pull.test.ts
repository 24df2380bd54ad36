import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openRegistry, type FakeLayer } from "../test/registry.ts";
import { pullBundle } from "./oci-pull.ts";
import { parseOciReference } from "./oci-reference.ts";

const title = "org.opencontainers.image.title";
const manifest: FakeLayer = { content: Buffer.from("kind: x\n"), annotations: { [title]: "manifest.yaml" } };

describe("a bundle of a registry", () => {
  let cacheDirectory = "";
  let data: FakeLayer;
  const pull = (reference: string, { isTrusted = true, signal = new AbortController().signal } = {}) =>
    pullBundle(reference, { cacheDirectory, isTrusted, signal });

  beforeAll(async () => {
    cacheDirectory = await mkdtemp(join(tmpdir(), "jumpstarter-pull-"));
    await mkdir(join(cacheDirectory, "src", "data"), { recursive: true });
    await writeFile(join(cacheDirectory, "src", "data", "Image"), "kernel");
    const content = execFileSync("tar", ["-C", join(cacheDirectory, "src"), "-czf", "-", "data"]);
    data = { content, mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", annotations: { [title]: "data" } };
    await rm(join(cacheDirectory, "src"), { recursive: true });
  });
  afterAll(() => rm(cacheDirectory, { recursive: true }));

  it.each([
    ["without a token", {}],
    ["with a token that is for anybody", { isGuarded: true }],
    ["that keeps its blobs elsewhere", { isRedirecting: true }],
  ])("%s is fetched, with the directories in it", async (_how, options) => {
    await using registry = await openRegistry({ layers: [manifest, data], ...options });

    const directory = await pull(registry.reference);

    expect(await readFile(join(directory, "manifest.yaml"), "utf8")).toBe("kind: x\n");
    expect(await readFile(join(directory, "data", "Image"), "utf8")).toBe("kernel");
    expect(await readdir(cacheDirectory)).toEqual([registry.digest.replace(":", "-")]);
    await rm(directory, { recursive: true });
  });

  it("is fetched once as long as it stays the same", async () => {
    await using registry = await openRegistry({ layers: [manifest] });
    const first = await pull(registry.reference);
    registry.asked.length = 0;

    expect(await pull(registry.reference)).toBe(first);

    expect(registry.asked).toEqual(["/v2/boards/test/manifests/v1"]);
    await rm(first, { recursive: true });
  });

  it("is taken by its digest, which is looked at", async () => {
    await using registry = await openRegistry({ layers: [manifest] });
    const directory = await pull(`${registry.reference}@${registry.digest}`);
    await rm(directory, { recursive: true });

    const other = `sha256:${"0".repeat(64)}`;
    await expect(pull(`${registry.reference}@${other}`)).rejects.toMatchObject({ reason: "FLASHER_BUNDLE_MISSING" });
  });

  it.each([
    ["other bytes", (content: Uint8Array) => Buffer.alloc(content.length), "has the digest"],
    ["fewer bytes", (content: Uint8Array) => content.subarray(1), "has 7 bytes of 8"],
    ["more bytes", (content: Uint8Array) => Buffer.concat([content, content]), "has more than its 8 bytes"],
  ])("with %s than it should have is refused, and leaves nothing behind", async (_what, spoil, message) => {
    await using registry = await openRegistry({ layers: [manifest], spoil });
    await expect(pull(registry.reference)).rejects.toMatchObject({
      reason: "FLASHER_DIGEST_MISMATCH",
      message: expect.stringContaining(message),
    });
    expect(await readdir(cacheDirectory)).toEqual([]);
  });

  it.each(["../out", "/etc/cron.d/x", "a/../../out"])("cannot put a file at %s", async (path) => {
    await using registry = await openRegistry({
      layers: [{ content: Buffer.from("x"), annotations: { [title]: path } }],
    });
    await expect(pull(registry.reference)).rejects.toMatchObject({ reason: "FLASHER_BUNDLE_INVALID" });
  });

  it("that a client names is never one of the exporter's own machine", async () => {
    await using registry = await openRegistry({ layers: [manifest] });
    await expect(pull(registry.reference, { isTrusted: false })).rejects.toMatchObject({
      reason: "FLASHER_BUNDLE_REFUSED",
    });
    expect(registry.asked).toEqual([]);
  });

  it.each(["localhost", "board.localhost:5000", "127.1:5000", "0.0.0.0:5000", "2130706433:5000"])(
    "that a client names is not at %s either",
    async (registry) => {
      await expect(pull(`${registry}/boards/test:v1`, { isTrusted: false })).rejects.toMatchObject({
        reason: "FLASHER_BUNDLE_REFUSED",
      });
    },
  );

  it("is not waited for any longer than the caller wants", async () => {
    await using registry = await openRegistry({ layers: [manifest] });
    await expect(pull(registry.reference, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "cancelled",
    });
  });

  it("needs a name with its registry", () => {
    expect(parseOciReference("oci://registry.example/a/b")).toMatchObject({
      registry: "registry.example",
      repository: "a/b",
      version: "latest",
    });
    for (const text of [
      "bundle",
      "boards/bundle",
      "HTTP://x.example/a",
      "x.example/../a",
      `x.example/${"a".repeat(600)}`,
    ]) {
      expect(() => parseOciReference(text)).toThrow("is no bundle of a registry");
    }
  });
});
