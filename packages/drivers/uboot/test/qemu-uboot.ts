import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";

import { createStreamPair, serve, type ByteStream, type ServedDriver } from "@jumpstarter-ts/core";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";

const emulator = "/usr/bin/qemu-system-aarch64";
const bios = "/usr/lib/u-boot/qemu_arm64/u-boot.bin";

export const hasQemuUboot = existsSync(emulator) && existsSync(bios);

export interface QemuUboot extends AsyncDisposable {
  readonly children: { readonly power: ServedDriver; readonly serial: ServedDriver };
  /** How often the board was switched on. */
  readonly boots: number;
}

/** A board with a real U-Boot: a bare QEMU that runs while the power is on, its serial line held through all boots. */
export async function openQemuUboot(): Promise<QemuUboot> {
  const directory = await mkdtemp(join(tmpdir(), "jumpstarter-uboot-"));
  const path = join(directory, "serial");
  const listeners = new Set<ByteStream>();
  let board: ChildProcess | undefined;
  let line: Duplex | undefined;
  let boots = 0;

  // QEMU comes to us, so that nothing it says is missed.
  const server = createServer((socket) => {
    line = socket;
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      for (const listener of listeners) listener.write(chunk);
    });
  }).listen(path);
  await once(server, "listening");

  const off = async (): Promise<void> => {
    const running = board;
    board = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    running.kill("SIGKILL");
    await ended;
  };
  // A test that timed out disposes of nothing, and a board would spin for ever.
  const kill = (): void => void board?.kill("SIGKILL");
  process.once("exit", kill);

  return {
    get boots() {
      return boots;
    },
    children: {
      power: serve(power, {
        async on() {
          if (board !== undefined) return;
          boots++;
          const machine = `-M virt -cpu cortex-a53 -m 128 -display none -monitor none -bios ${bios}`;
          const network = "-netdev user,id=net -device virtio-net-pci,netdev=net,romfile=";
          board = spawn(emulator, `${machine} ${network} -serial unix:${path}`.split(" "), { stdio: "ignore" });
          await once(board, "spawn");
        },
        off,
        async *read() {
          yield { voltage: 5, current: 0.1 };
        },
      }),
      serial: serve(serial, {
        connect() {
          const { near, far } = createStreamPair();
          listeners.add(far);
          far.on("data", (chunk: Buffer) => void line?.write(chunk));
          far.on("error", () => undefined);
          far.once("close", () => listeners.delete(far));
          return near;
        },
      }),
    },
    async [Symbol.asyncDispose]() {
      process.off("exit", kill);
      await off();
      line?.destroy();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
