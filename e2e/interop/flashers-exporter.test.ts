import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { linuxBoard, type LinuxBoard } from "../../fixtures/boards/linux/index.ts";
import { flashDevices, makeBundle, mayServeTftp } from "../boards/flash-bundle.ts";
import { buildTimeout, isMissing } from "../boards/linux-machine.ts";
import { pythonSession } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

const canRun = !isMissing && mayServeTftp && (pythonPeer() !== undefined || process.env["CI"] === "true");

describe.skipIf(!canRun)("our flasher, driven by an unmodified Python client", { timeout: 120_000 }, () => {
  let board: LinuxBoard;
  let directory = "";

  beforeAll(async () => {
    board = await linuxBoard();
    directory = await mkdtemp(join(tmpdir(), "jumpstarter-flashers-python-"));
    await makeBundle(board, join(directory, "bundle"));
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
});
