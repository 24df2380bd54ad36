import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { connect } from "@jumpstarter-ts/client";
import { qemu } from "@jumpstarter-ts/driver-qemu";
import { describe, expect, it } from "vitest";

import { startPythonExporter } from "../peers/python-exporter.ts";
import { runPython, pythonSession } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

const bios = "/usr/lib/u-boot/qemu_arm64/u-boot.bin";
const isReady =
  pythonPeer() !== undefined &&
  ["/usr/bin/qemu-system-aarch64", "/usr/bin/qemu-img", bios].every((path) => existsSync(path));

const board = `export:
  board:
    type: jumpstarter_driver_qemu.driver.Qemu
    config:
      arch: aarch64
      smp: 1
      mem: 256M
      hostname: board
      default_partitions: { bios: ${bios} }
      hostfwd: { web: { hostport: 0, guestport: 80 } }
`;

describe.skipIf(!isReady && process.env["CI"] !== "true")("Python's client of our virtual machine", () => {
  it("switches it on, talks to U-Boot, and switches it off", { timeout: 90_000 }, async () => {
    await using ours = await startOurs(board);

    const answer = await pythonSession(
      ours.host,
      `
board = client.board
with board.console.pexpect() as console:
    board.power.on()
    console.expect("U-Boot 20", timeout=30)
    console.expect("Hit any key", timeout=30)
    console.send("\\n")
    console.expect("=> ", timeout=30)
    console.sendline("echo $((1)) from-u-boot")
    console.expect("from-u-boot\\r\\n.*from-u-boot", timeout=30)
    board.power.off()
    board.power.on()
    console.expect("U-Boot 20", timeout=30)
address = client.board.web.address()
board.power.off()
answer = [board.hostname, board.username, board.password, address.startswith("tcp://127.0.0.1:")]
`,
    );

    expect(answer).toEqual(["board", "jumpstarter", "password", true]);
  });

  it("reads a boot that nobody listened to", { timeout: 90_000 }, async () => {
    await using ours = await startOurs(board);
    const answer = await pythonSession(
      ours.host,
      `
client.board.power.on()
with client.board.console.pexpect() as console:
    console.expect("U-Boot 20", timeout=30)
    console.expect("autoboot", timeout=30)
client.board.power.off()
answer = "seen"
`,
    );
    expect(answer).toBe("seen");
  });

  it("flashes, resizes and reads the disk back", { timeout: 90_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), "qemu-interop-"));
    try {
      const image = Buffer.alloc(2 * 1024 ** 2, "jumpstarter ");
      await writeFile(join(directory, "disk.img"), image);
      // Python's client takes the name for the encoding; this one only the first bytes tell.
      await writeFile(join(directory, "packed.img"), gzipSync(image));
      await using ours = await startOurs(board);

      const answer = await pythonSession(
        ours.host,
        `
board = client.board
board.flasher.flash("packed.img")
board.flasher.dump("dumped.img")
same = open("dumped.img", "rb").read() == open("disk.img", "rb").read()
board.set_disk_size("8M")
board.set_memory_size("128M")
with board.console.pexpect() as console:
    board.power.on()
    console.expect("128 MiB", timeout=30)
    console.expect("Hit any key", timeout=30)
    console.send("\\n")
    console.expect("=> ", timeout=30)
    console.sendline("virtio scan; virtio info")
    console.expect("Capacity: 8.0 MB", timeout=30)
board.power.off()
try:
    board.set_disk_size("lots")
except ValueError as error:
    refused = str(error)
answer = [same, refused]
`,
        directory,
      );

      expect(answer).toEqual([true, expect.stringContaining('"lots" is no size')]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("has the commands of its own program", { timeout: 90_000 }, async () => {
    await using ours = await startOurs(board);
    const resized = await runPython("j", ["board", "resize", "memory", "1G"], { host: ours.host });
    expect([resized.exitCode, resized.stderr]).toEqual([0, ""]);
    const on = await runPython("j", ["board", "power", "on"], { host: ours.host });
    expect(on.exitCode).toBe(0);
  });
});

describe.skipIf(!isReady && process.env["CI"] !== "true")("our client of Python's virtual machine", () => {
  it("switches it on, talks to U-Boot, and is told what is ours alone", { timeout: 90_000 }, async () => {
    await using exporter = await startPythonExporter(`export:
  board:
    type: jumpstarter_driver_qemu.driver.Qemu
    config: { arch: aarch64, smp: 1, mem: 256M, default_partitions: { bios: ${bios} } }
`);
    await using session = await connect({ host: exporter.host });
    const machine = session.device("board").as(qemu);

    await machine.power.on();
    await machine.console.waitFor("Hit any key", { timeout: 30_000 });
    await machine.console.send("\n");
    await machine.console.waitFor("=> ", { timeout: 30_000 });
    await expect(machine.saveSnapshot("prompt")).rejects.toMatchObject({ code: "unsupported" });
    await machine.power.off();
  });
});
