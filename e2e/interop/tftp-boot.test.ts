import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { connect } from "@jumpstarter-ts/client";
import { createScope, within } from "@jumpstarter-ts/core";
import { tftp } from "@jumpstarter-ts/driver-tftp";
import { describe, expect, it } from "vitest";

import { startOurs } from "./ours.ts";

const emulator = "/usr/bin/qemu-system-aarch64";
const bios = "/usr/lib/u-boot/qemu_arm64/u-boot.bin";
/** U-Boot knows no other port, and only root may listen on it. */
const canServe = process.getuid?.() === 0 && existsSync(emulator) && existsSync(bios);
/** An address of the loopback for this test alone; QEMU passes on to it what the board sends to its router. */
const host = "127.0.0.69";

/** A board with U-Boot, at its prompt when this resolves. */
async function startUboot() {
  const network = "-netdev user,id=net -device virtio-net-pci,netdev=net,romfile=";
  const machine = `-M virt -cpu cortex-a53 -m 256 -display none -monitor none -serial stdio -bios ${bios}`;
  const board = spawn(emulator, `${machine} ${network}`.split(" "));
  let output = "";
  let look = (): void => undefined;
  board.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    look();
  });
  board.stdin.on("error", () => undefined);
  const exited = once(board, "exit");
  const until = async (pattern: RegExp): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<string>();
    look = () => {
      if (!pattern.test(output)) return;
      resolve(output);
      output = "";
    };
    look();
    return within(promise, { timeoutMs: 60_000, what: `${pattern} from U-Boot` });
  };
  const off = async (): Promise<void> => {
    board.kill("SIGKILL");
    await exited;
  };
  try {
    await until(/autoboot/);
    board.stdin.write(" ");
    await until(/=> $/);
  } catch (error) {
    await off();
    throw error;
  }
  return {
    async run(command: string): Promise<string> {
      board.stdin.write(`${command}\n`);
      return until(/\n=> $/);
    },
    [Symbol.asyncDispose]: off,
  };
}

describe.skipIf(!canServe && process.env["CI"] !== "true")("our tftp driver and a board with U-Boot", () => {
  it("load an image over the network, with and without a window", async () => {
    await using scope = createScope("the test");
    const directory = await mkdtemp(join(tmpdir(), "jumpstarter-interop-"));
    scope.defer(() => rm(directory, { recursive: true }));
    const exporter = await startOurs(`
export:
  tftp:
    type: jumpstarter_driver_tftp.driver.Tftp
    config: { root_dir: ${directory}/tftpboot, host: ${host} }
`);
    scope.defer(() => exporter.close());
    const session = scope.use(await connect({ host: exporter.host }));
    const device = session.device("tftp").as(tftp);
    const image = randomBytes(4_000_001);
    await device.putFile("boot/Image", image);
    const server = scope.use(await device.serve());
    expect(server.port).toBe(69);

    await using board = await startUboot();
    await board.run("setenv autoload no; dhcp");
    await board.run(`setenv serverip ${server.host}`);
    for (const windowBlocks of [1, 16]) {
      await board.run(`setenv tftpwindowsize ${windowBlocks}; mw.b 40400000 0 400000`);

      const loaded = await board.run("tftpboot 40400000 boot/Image");

      expect(loaded).toContain("Bytes transferred = 4000001");
      const sum = crc32(image).toString(16).padStart(8, "0");
      expect(await board.run("crc32 40400000 ${filesize}")).toContain(`==> ${sum}`);
    }
    expect(await board.run("tftpboot 40400000 absent")).toContain("absent was not found");
  }, 120_000);
});
