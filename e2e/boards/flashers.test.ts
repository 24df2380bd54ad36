import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

import { networkFlasher } from "@jumpstarter-ts/driver-flashers";
import { beforeAll, describe, expect, it } from "vitest";

import { linuxBoard, type LinuxBoard } from "../../fixtures/boards/linux/index.ts";
import { flashDevices, makeBundle, mayServeTftp } from "./flash-bundle.ts";
import { bootTimeout, buildTimeout, isMissing, openBench, patience, rootShell } from "./linux-machine.ts";

let board: LinuxBoard;

describe.skipIf(isMissing || !mayServeTftp)(
  "a board that has nothing but a boot loader",
  { timeout: bootTimeout },
  () => {
    beforeAll(async () => {
      board = await linuxBoard();
    }, buildTimeout);

    it("is flashed over the network, and boots what was flashed", async () => {
      const directory = await mkdtemp(join(tmpdir(), "jumpstarter-flashers-e2e-"));
      try {
        await makeBundle(board, join(directory, "bundle"));
        await using bench = await openBench(await flashDevices(board, directory));
        const machine = bench.machine("board");
        const flasher = bench.session.device("flasher").as(networkFlasher);
        const phases: string[] = [];

        const image = join(directory, "disk.img.gz");
        await pipeline(createReadStream(board.disk), createGzip({ level: 1 }), createWriteStream(image));
        const flashing = flasher.flash(image, { method: "shell", retries: 0, offForMs: 1 });
        for await (const { phase } of flashing) if (phases.at(-1) !== phase) phases.push(phase);

        expect(await flashing).toMatchObject({
          target: "/dev/vda",
          attempts: 1,
          url: expect.stringMatching(/\/disk.img.gz$/),
        });
        expect(phases).toEqual(["preparing", "booting", "writing", "done"]);
        const since = machine.console.mark();
        await machine.power.on();
        // Whoever asks for a shell before would stop U-Boot's countdown.
        await machine.console.waitFor("board login: ", { since, ...patience });
        const shell = await rootShell(machine);
        expect(await shell`cat /proc/cmdline`).toMatchObject({ stdout: expect.stringContaining("root=/dev/vda") });
        expect(await shell`cat /etc/board-version`).toMatchObject({ stdout: "1.0.0" });
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    });
  },
);
