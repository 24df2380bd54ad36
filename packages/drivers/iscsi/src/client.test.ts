import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serve } from "@jumpstarter-ts/core";
import { opendal } from "@jumpstarter-ts/driver-storage/opendal";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { iscsi } from "./client.ts";

const iqn = "iqn.2024-06.dev.jumpstarter:target1";

/** A server whose driver keeps what it was asked, with a real storage, and a directory for images. */
async function openServer() {
  const calls: unknown[] = [];
  const note = (method: string) => (): void => void calls.push([method]);
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-iscsi-"));
  const root = await mkdtemp(join(directory, "root-"));
  const served = await serveDriver(
    serve(iscsi, {
      start: note("start"),
      stop: note("stop"),
      clear_all_luns: note("clear_all_luns"),
      get_host: () => "192.0.2.1",
      get_port: () => 3260,
      get_target_iqn: () => iqn,
      add_lun(...args) {
        calls.push(["add_lun", ...args.slice(0, 4)]);
        return args[0];
      },
      remove_lun: (name) => void calls.push(["remove_lun", name]),
      list_luns: () => [{ name: "disk", path: "disk.img", size: 1_048_576, lun_id: 0, is_block: false }],
      async decompress(source, target, algorithm) {
        calls.push(["decompress", source, target, algorithm]);
        await copyFile(join(root, source), join(root, target));
      },
    }),
    {
      definition: iscsi,
      children: { storage: { implementation: opendal, options: { scheme: "fs", kwargs: { root } } } },
    },
  );
  return {
    client: served.client,
    calls,
    stored: (name: string) => readFile(join(root, name)),
    files: () => readdir(root),
    async image(name: string, content: Uint8Array) {
      await writeFile(join(directory, name), content);
      return join(directory, name);
    },
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

describe("an iSCSI server", () => {
  it("is started, tells where it is, and is stopped", async () => {
    await using server = await openServer();
    await server.client.start();
    await expect(server.client.getHost()).resolves.toBe("192.0.2.1");
    await expect(server.client.getPort()).resolves.toBe(3260);
    await expect(server.client.getTargetIqn()).resolves.toBe(iqn);
    await server.client.stop();
    expect(server.calls).toEqual([["start"], ["stop"]]);
  });

  it("offers files and block devices as disks, lists and removes them", async () => {
    await using server = await openServer();
    await expect(server.client.addLun("disk", "disk.img")).resolves.toBe("disk");
    await server.client.addLun("raw", "/dev/sdb", { sizeMib: 512, isBlock: true });
    await expect(server.client.listLuns()).resolves.toEqual([
      { name: "disk", path: "disk.img", sizeBytes: 1_048_576, lunId: 0, isBlock: false },
    ]);
    await server.client.removeLun("disk");
    await server.client.clearAllLuns();
    expect(server.calls).toEqual([
      ["add_lun", "disk", "disk.img", 0, false],
      ["add_lun", "raw", "/dev/sdb", 512, true],
      ["remove_lun", "disk"],
      ["clear_all_luns"],
    ]);
  });

  it("unpacks a file of its storage", async () => {
    await using server = await openServer();
    await server.client.storage.writeBytes("disk.img.gz", Buffer.from("packed"));
    await server.client.decompress("disk.img.gz", "disk.img", { algorithm: "gz" });
    expect(server.calls).toEqual([["decompress", "disk.img.gz", "disk.img", "gz"]]);
  });
});

describe("an image for an iSCSI server", () => {
  it("is uploaded and offered as a disk that holds all of it", async () => {
    await using server = await openServer();
    const path = await server.image("boot.img", new Uint8Array(1024 ** 2 + 1));
    await expect(server.client.uploadImage("disk", path)).resolves.toBe(iqn);
    expect(server.calls).toEqual([["add_lun", "disk", "disk.img", 2, false]]);
    await expect(server.stored("disk.img")).resolves.toHaveLength(1024 ** 2 + 1);
  });

  it("is offered as a disk of the size that the test names", async () => {
    await using server = await openServer();
    await server.client.uploadImage("disk", Buffer.from("image"), { sizeMib: 64 });
    expect(server.calls).toEqual([["add_lun", "disk", "disk.img", 64, false]]);
  });

  it("is uploaded once, unless it has changed or the test insists", async () => {
    await using server = await openServer();
    const phasesOf = async (content: string, forceUpload = false): Promise<readonly string[]> => {
      const path = await server.image("boot.img", Buffer.from(content));
      const phases = new Set<string>();
      for await (const { phase } of server.client.uploadImage("disk", path, { forceUpload })) phases.add(phase);
      return [...phases];
    };
    await phasesOf("one");
    await expect(phasesOf("one")).resolves.not.toContain("writing");
    await expect(phasesOf("one", true)).resolves.not.toContain("checking");
    await phasesOf("two");
    await expect(server.stored("disk.img")).resolves.toEqual(Buffer.from("two"));
  });

  it.each(["gz", "xz", "bz2"])("is unpacked by the exporter where its name ends in .%s", async (algorithm) => {
    await using server = await openServer();
    const path = await server.image(`boot.img.${algorithm}`, Buffer.from("packed"));
    await server.client.uploadImage("disk", path);
    expect(server.calls).toEqual([
      ["decompress", `disk.img.${algorithm}`, "disk.img", algorithm],
      ["add_lun", "disk", "disk.img", 1, false],
    ]);
    await expect(server.files()).resolves.toEqual(["disk.img"]);
  });
});
