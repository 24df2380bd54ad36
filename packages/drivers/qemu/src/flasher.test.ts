import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import { bios, bootToPrompt, isMissing, openBoard, run, type Board } from "../test/u-boot.ts";

const mebibyte = 1024 ** 2;

/** A disk whose first block can be told from others, and from what U-Boot has in its memory. */
function diskImage(word: string): Buffer {
  const image = Buffer.alloc(4 * mebibyte);
  image.write(word.padEnd(16, "."));
  return image;
}

/** The first 16 bytes of the disk, as U-Boot reads them. */
async function firstBytes(board: Board): Promise<string> {
  await run(board, "virtio scan; virtio read 0x42000000 0 1");
  const shown = await run(board, "md.b 0x42000000 10");
  return /\s{2,}(.{16})\s*$/.exec(shown)?.[1] ?? shown;
}

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), "qemu-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

describe.skipIf(isMissing)("the flasher of a virtual machine", () => {
  it("gives the machine the disk that was flashed, and gives it back", async () => {
    await using bench = await openBoard();
    const image = diskImage("flashed");
    await bench.client.flasher.flash(image, { verify: "hash" });
    await bootToPrompt(bench.client);
    expect(await firstBytes(bench.client)).toBe("flashed.........");

    await run(bench.client, "mw.b 0x42000000 41 10; virtio write 0x42000000 0 1");
    await bench.client.power.off();
    await using directory = await temporary();
    const file = join(directory.path, "dumped.img");
    await bench.client.flasher.dump(file);

    const dumped = await readFile(file);
    expect(dumped.toString("latin1", 0, 17)).toBe("A".repeat(16) + "\0");
    expect(dumped.subarray(16).equals(image.subarray(16))).toBe(true);
  });

  it("undoes what the machine has written when it is flashed again", async () => {
    await using bench = await openBoard();
    await bench.client.flasher.flash(diskImage("first"));
    await bootToPrompt(bench.client);
    await run(bench.client, "mw.b 0x42000000 41 10; virtio scan; virtio write 0x42000000 0 1");
    await bench.client.power.off();

    await bench.client.flasher.flash(diskImage("second"));
    await bootToPrompt(bench.client);

    expect(await firstBytes(bench.client)).toBe("second..........");
  });

  it("never changes a disk that the configuration names, and grows what the machine sees of it", async () => {
    await using directory = await temporary();
    const image = diskImage("golden");
    await writeFile(join(directory.path, "golden.img"), image);
    await using bench = await openBoard(
      { default_partitions: { bios, root: "golden.img" } },
      { baseDirectory: directory.path },
    );
    await bench.client.setDiskSize("8M");
    await bootToPrompt(bench.client);
    expect(await firstBytes(bench.client)).toBe("golden..........");
    // The machine has cloud-init's drive, too.
    expect(await run(bench.client, "virtio info")).toContain("Capacity: 8.0 MB");
    await run(bench.client, "mw.b 0x42000000 41 10; virtio write 0x42000000 0 1");

    expect((await readFile(join(directory.path, "golden.img"))).equals(image)).toBe(true);
    await bench.client.power.off();
    await bench.client.setDiskSize("2M");
    await expect(bench.client.power.on()).rejects.toMatchObject({ reason: "QEMU_DISK_SIZE" });
  });

  it.for([
    { name: "gzip", pack: (image: Buffer) => gzipSync(image), program: "/bin/sh" },
    { name: "xz", pack: packed("xz"), program: "/usr/bin/xz" },
    { name: "bzip2", pack: packed("bzip2"), program: "/bin/bzip2" },
    { name: "zstd", pack: packed("zstd"), program: "/usr/bin/zstd" },
  ])("unpacks an image that is packed with $name", async ({ pack, program }, { skip }) => {
    skip(process.env["CI"] !== "true" && !existsSync(program));
    const image = diskImage("packed");
    await using bench = await openBoard();
    await bench.client.flasher.flash(pack(image));
    await using directory = await temporary();
    await bench.client.flasher.dump(join(directory.path, "dumped"));
    expect((await readFile(join(directory.path, "dumped"))).equals(image)).toBe(true);
  });

  it("keeps the disk that it has when an image is broken", async () => {
    await using bench = await openBoard();
    await bench.client.flasher.flash(diskImage("good"));
    const broken = gzipSync(diskImage("bad")).subarray(0, 100);
    await expect(bench.client.flasher.flash(broken)).rejects.toMatchObject({ reason: "IMAGE_INVALID" });
    const half = packed("xz")(diskImage("bad")).subarray(0, 100);
    await expect(bench.client.flasher.flash(half)).rejects.toMatchObject({ reason: "IMAGE_INVALID" });

    await bootToPrompt(bench.client);

    expect(await firstBytes(bench.client)).toBe("good............");
  });

  it("gives up an image that stops coming, so that others have their turn", async () => {
    await using bench = await openBoard({ flash_timeout: 0.3 });
    const stalled = new Readable({ read: () => undefined });
    stalled.push(diskImage("half"));
    const flashing = Promise.resolve(bench.client.flasher.flash(stalled));
    flashing.catch(() => undefined);
    await once(stalled, "data");

    await expect(bench.client.flasher.dump("/dev/null")).rejects.toMatchObject({ reason: "PARTITION_EMPTY" });

    stalled.destroy();
    await expect(flashing).rejects.toBeInstanceOf(Error);
  });

  it("refuses an image that would read or write another file of the exporter's machine", async () => {
    await using directory = await temporary();
    const secret = join(directory.path, "secret");
    await writeFile(secret, Buffer.alloc(mebibyte, "secret"));
    const images = { backing: join(directory.path, "backing"), data: join(directory.path, "data") };
    qemuImg("create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", images.backing);
    qemuImg("create", "-q", "-f", "qcow2", "-o", `data_file=${secret}.data`, images.data, "1M");
    await using bench = await openBoard();
    for (const image of Object.values(images)) {
      await expect(bench.client.flasher.flash(image)).rejects.toMatchObject({
        reason: "QEMU_IMAGE_INVALID",
        message: expect.stringContaining(secret),
      });
    }
    await expect(bench.client.flasher.dump("/dev/null")).rejects.toMatchObject({ reason: "PARTITION_EMPTY" });
  });

  it.for(["qcow2", "vmdk"])("takes an image of the kind %s", async (format) => {
    await using directory = await temporary();
    const [raw, image] = [join(directory.path, "raw"), join(directory.path, "image")];
    await writeFile(raw, diskImage(format));
    qemuImg("convert", "-O", format, raw, image);
    await using bench = await openBoard();
    await bench.client.flasher.flash(image);
    await bootToPrompt(bench.client);
    expect(await firstBytes(bench.client)).toBe(format.padEnd(16, "."));
  });

  it("replaces the firmware", async () => {
    await using bench = await openBoard({ default_partitions: {} });
    await bench.client.flasher.flash({ bios });
    await bootToPrompt(bench.client);
    expect(await run(bench.client, "echo booted")).toBe("booted");
  });

  it("refuses what it cannot do, and says what to do instead", async () => {
    await using bench = await openBoard();
    const { flasher, power } = bench.client;
    await expect(flasher.flash(diskImage("x"), { target: "boot" })).rejects.toMatchObject({
      reason: "PARTITION_UNKNOWN",
      message: expect.stringContaining("root, bios, OVMF_CODE.fd"),
    });
    await expect(flasher.dump("/dev/null")).rejects.toMatchObject({ reason: "PARTITION_EMPTY" });
    await expect(flasher.flashOci("oci://quay.io/org/image:1")).rejects.toMatchObject({ code: "unsupported" });
    await power.on();
    await expect(flasher.flash(diskImage("x"))).rejects.toMatchObject({ reason: "QEMU_ON" });
  });
});

const qemuImg = (...args: readonly string[]): void => void execFileSync("qemu-img", args);

function packed(program: string) {
  return (image: Buffer): Buffer => execFileSync(program, ["-c"], { input: image });
}
