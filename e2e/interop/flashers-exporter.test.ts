import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGzip } from "node:zlib";

import { connect } from "@jumpstarter-ts/client";
import { qemu } from "@jumpstarter-ts/driver-qemu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { linuxBoard, type LinuxBoard } from "../../fixtures/boards/linux/index.ts";
import { flashDevices, makeBundle, mayServeTftp } from "../boards/flash-bundle.ts";
import { buildTimeout, isMissing } from "../boards/linux-machine.ts";
import { pythonSession } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

const canRun = !isMissing && mayServeTftp && (pythonPeer() !== undefined || process.env["CI"] === "true");

/** Python's client fetches with curl, which the board has not: its wget does under that name. */
const curlOfBusybox = [
  "printf '#!/bin/sh\\nfor url; do :; done",
  'case "$*" in *"-r 0-0"*) exec wget -q --spider "$url";; esac',
  `exec wget -q -O - "$url"\\n' >/usr/bin/curl; chmod +x /usr/bin/curl`,
].join("\\n");

describe.skipIf(!canRun)("our flasher, driven by an unmodified Python client", { timeout: 120_000 }, () => {
  let board: LinuxBoard;
  let directory = "";

  beforeAll(async () => {
    board = await linuxBoard();
    directory = await mkdtemp(join(tmpdir(), "jumpstarter-flashers-python-"));
    await makeBundle(board, join(directory, "bundle"), [curlOfBusybox]);
  }, buildTimeout);
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it("tells what its bundle says", async () => {
    await using exporter = await startOurs(`export: ${JSON.stringify(await flashDevices(board, directory))}\n`);

    const answer = await pythonSession(
      exporter.host,
      `
f = client.flasher
f.call("setup_flasher_bundle")
names = ["kernel_filename", "kernel_address", "initram_filename", "initram_address", "dtb_filename", "dtb_address", "default_target", "cacert"]
answer = {
  "told": [f.call("get_" + name) for name in names],
  "target": f.manifest.spec.default_target,
  "served": sorted(f.tftp.storage.list("")),
  "bootcmd": f.call("get_bootcmd"),
}`,
    );

    expect(answer).toEqual({
      told: ["Image", "0x40400000", "initramfs.gz", "0x48000000", "", null, null, null],
      target: "disk",
      served: ["/", "Image", "initramfs.gz"],
      bootcmd: expect.stringContaining("booti 0x40400000"),
    });
  });

  it("boots the helper system over the network, up to its shell", async () => {
    await using exporter = await startOurs(`export: ${JSON.stringify(await flashDevices(board, directory))}\n`);

    const answer = await pythonSession(
      exporter.host,
      `
f = client.flasher
with f.busybox_shell() as serial:
    with serial.pexpect() as console:
        console.sendline("")
        console.expect("root@board:~# ", timeout=20)
        console.sendline("cat /proc/uptime; cat /etc/board-version")
        console.expect("1.0.0", timeout=20)
        answer = "shell"
f.power.off()`,
    );

    expect(answer).toBe("shell");
  });

  it("flashes a board that boots the helper system, byte for byte", { timeout: 300_000 }, async () => {
    await using exporter = await startOurs(`export: ${JSON.stringify(await flashDevices(board, directory))}\n`);
    const image = join(directory, "disk.img.gz");
    await pipeline(createReadStream(board.disk), createGzip({ level: 1 }), createWriteStream(image));

    await runFlash(exporter.host, image);

    await using session = await connect({ host: exporter.host });
    const seen = join(directory, "seen.raw");
    await session.device("board").as(qemu).flasher.dump(seen);
    const { size } = await stat(board.disk);
    expect(await hashOf(seen, size)).toBe(await hashOf(board.disk, size));
  });
});

/** As `pythonSession`, with more patience than that has. */
async function runFlash(host: string, image: string): Promise<void> {
  const script = `
import sys
from jumpstarter.utils.env import env
with env() as client:
    client.flasher.flash(sys.argv[1], method="shell", retries=0)
    print("FLASHED", flush=True)`;
  const bin = pythonPeer()?.bin ?? "";
  const { stdout } = await promisify(execFile)(join(bin, "python"), ["-c", script, image], {
    env: { ...process.env, JUMPSTARTER_HOST: host, JMP_DRIVERS_ALLOW: "UNSAFE" },
    timeout: 240_000,
  });
  expect(stdout).toContain("FLASHED");
}

async function hashOf(file: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { end: bytes - 1 }), hash);
  return hash.digest("hex");
}
