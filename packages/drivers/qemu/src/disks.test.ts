import { chmod, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { describe, expect, it, vi } from "vitest";

import { bootToPrompt, isMissing, openBoard, run } from "../test/u-boot.ts";

/** A `qemu-img` before the real one, that fails at a command as one does whose disk is full: half way. */
async function fillingDisk(command: string) {
  const directory = await mkdtemp(join(tmpdir(), "qemu-test-"));
  const path = process.env["PATH"];
  const script = `for last; do :; done; [ "$1" = ${command} ] || exec /usr/bin/qemu-img "$@"
echo half > "$last"; echo "No space left on device" >&2; exit 1`;
  await writeFile(join(directory, "qemu-img"), `#!/bin/sh\n${script}\n`);
  await chmod(join(directory, "qemu-img"), 0o755);
  process.env["PATH"] = [directory, path].join(delimiter);
  return {
    [Symbol.asyncDispose]: async () => {
      process.env["PATH"] = path;
      await rm(directory, { recursive: true });
    },
  };
}

describe.skipIf(isMissing)("the disks of a virtual machine, where the exporter's disk is full", () => {
  it("are made anew once there is room", async () => {
    await using bench = await openBoard();
    await bench.client.flasher.flash(Buffer.alloc(1024 ** 2));
    {
      await using _full = await fillingDisk("create");
      await expect(bench.client.power.on()).rejects.toMatchObject({
        reason: "QEMU_IMG_FAILED",
        message: expect.stringContaining("No space left on device"),
      });
    }

    await bootToPrompt(bench.client);

    expect(await run(bench.client, "virtio scan; virtio info")).toContain("Capacity: 1.0 MB");
  });

  it("leave no half of a dump behind", async () => {
    const directory = await mkdtemp(join(tmpdir(), "qemu-test-"));
    vi.stubEnv("TMPDIR", directory);
    try {
      await using bench = await openBoard();
      await bench.client.flasher.flash(Buffer.alloc(1024 ** 2));
      await bench.client.power.on();
      await bench.client.power.off();

      await using _full = await fillingDisk("convert");
      await expect(bench.client.flasher.dump("/dev/null")).rejects.toMatchObject({ reason: "QEMU_IMG_FAILED" });

      const files = await readdir(directory, { recursive: true });
      expect(files.filter((path) => path.endsWith("/root.qcow2"))).toHaveLength(1);
      expect(files.filter((path) => path.endsWith(".dump"))).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      await rm(directory, { recursive: true });
    }
  });

  it("say so of a flash, which leaves nothing behind", async () => {
    const directory = await mkdtemp(join(tmpdir(), "qemu-test-"));
    vi.stubEnv("TMPDIR", directory);
    try {
      await using bench = await openBoard();
      const [machine = ""] = (await readdir(directory)).filter((name) => name.startsWith("jmp-qemu-"));
      const path = join(directory, machine);
      await symlink("/dev/full", join(path, "root.part"));

      await expect(bench.client.flasher.flash(Buffer.alloc(1024 ** 2, "x"))).rejects.toMatchObject({
        code: "unavailable",
        reason: "STORAGE_FULL",
        message: expect.stringContaining(`the flash of root did not fit: ${path}`),
      });

      expect(await readdir(path)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      await rm(directory, { recursive: true });
    }
  });

  it("say in the log why the machine stands still", async () => {
    const full = {
      driver: "blkdebug",
      "node-name": "full",
      image: { driver: "null-co", size: 1024 ** 2 },
      "inject-error": [{ event: "none", iotype: "write", errno: constants.errno.ENOSPC }],
    };
    const said: string[] = [];
    await using bench = await openBoard(
      { args: ["-blockdev", JSON.stringify(full)], devices: ["virtio-blk-pci,drive=full"] },
      { log: ({ message }) => void said.push(message) },
    );
    await bootToPrompt(bench.client);

    await bench.client.console.send("virtio scan; virtio write 0x42000000 0 1\n");

    const standing = (): string[] => said.filter((message) => message.startsWith("the machine stands still"));
    await expect
      .poll(standing, { timeout: 10_000 })
      .toEqual([expect.stringContaining("full could not be written: No space left")]);
    expect(await bench.client.qmp("query-status")).toMatchObject({ status: "io-error" });
  });
});
