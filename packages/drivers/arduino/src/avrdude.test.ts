import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serveDriver, type ServeDriverOptions } from "@jumpstarter-ts/testkit";
import { serialPort } from "@jumpstarter-ts/driver-serial/driver";
import { serial } from "@jumpstarter-ts/driver-serial";
import { flasher } from "@jumpstarter-ts/driver-storage";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { startBootLoader } from "../test/boot-loader.ts";
import { fixtureHex, fixtureImage, fixturePath } from "../test/firmware-fixtures.ts";
import { avrdudeFlasher } from "./avrdude.ts";
import { formatFirmware, parseFirmware } from "./firmware.ts";

const hasAvrdude = existsSync("/usr/bin/avrdude");

/** The driver's temporary files are here, so that a test sees what is left of them. */
let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "avrdude-test-"));
  vi.stubEnv("TMPDIR", directory);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});
const leftFiles = async (): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name.startsWith("jumpstarter-avrdude-"));

type Children = NonNullable<ServeDriverOptions<typeof flasher>["children"]>;
const open = (options: Readonly<Record<string, unknown>>, children: Children = {}) =>
  serveDriver(avrdudeFlasher, {
    definition: flasher,
    options,
    children,
    definitions: [serial],
    baseDirectory: tmpdir(),
  });

async function dumped(client: { dump(to: string): PromiseLike<unknown> }): Promise<Buffer> {
  const file = join(directory, "dump.hex");
  await client.dump(file);
  return readFile(file);
}

describe.skipIf(!hasAvrdude && process.env["CI"] !== "true")(
  "a real Arduino behind avrdude (to run it: apt-get install avrdude)",
  () => {
    it("is flashed byte for byte", async () => {
      await using board = startBootLoader();
      await using served = await open({ port: board.path });

      const { isVerified } = await served.client.flash(fixturePath("uno"), { verify: "hash" });

      const image = fixtureImage("uno");
      expect(Buffer.from(board.flash.subarray(0, image.length)).equals(image)).toBe(true);
      expect(isVerified).toBe(true);
      expect(await leftFiles()).toEqual([]);
    });

    it("gives all of its flash as Intel HEX, byte for byte", async () => {
      await using board = startBootLoader();
      crypto.getRandomValues(board.flash);
      board.flash[32_767] = 0x2a;
      await using served = await open({ port: board.path });

      const hex = await dumped(served.client);

      expect(Buffer.from(parseFirmware(hex, "the dump")).equals(board.flash)).toBe(true);
      expect(hex.toString()).toBe(formatFirmware(board.flash));
      expect(await leftFiles()).toEqual([]);
    });

    it("gives back the file it was flashed with, as long as that is in the flash", async () => {
      await using board = startBootLoader();
      board.flash[32_000] = 0x42; // The boot loader lies behind the image.
      await using served = await open({ port: board.path });
      await served.client.flash(fixturePath("uno"));
      const asFlashed = await dumped(served.client);

      board.flash[0] = 0;
      const changed = await dumped(served.client);

      expect(asFlashed.equals(fixtureHex("uno"))).toBe(true);
      expect(changed.toString()).toBe(formatFirmware(board.flash));
    });

    it("is flashed by one caller after the other", async () => {
      await using board = startBootLoader();
      await using served = await open({ port: board.path });

      await Promise.all([served.client.flash(fixturePath("uno")), served.client.flash(fixturePath("uno-v2"))]);

      const images = [fixtureImage("uno"), fixtureImage("uno-v2")];
      expect(images.some((image) => Buffer.from(board.flash.subarray(0, image.length)).equals(image))).toBe(true);
    });

    it("takes the port from a console that is its child, which can be opened again", async () => {
      await using board = startBootLoader();
      const console = { implementation: serialPort, options: { url: board.path } };
      await using served = await open({ port: board.path }, { console });
      const child = served.session.device("flasher.console").as(serial);
      const held = await child.open();
      held.resume();

      await served.client.flash(fixturePath("uno"));

      expect(held.readableEnded).toBe(true);
      const again = await child.open();
      again.destroy();
    });

    it("notices that the flash does not hold what was written", async () => {
      await using board = startBootLoader({ wornAt: 300 });
      await using served = await open({ port: board.path });

      await expect(served.client.flash(fixturePath("uno"))).rejects.toMatchObject({
        code: "unavailable",
        reason: "VERIFY_MISMATCH",
        message: expect.stringMatching(/does not hold what was written: .*at addr 0x012c/),
      });
      expect(await leftFiles()).toEqual([]);
    });

    it("says that no boot loader answers", async () => {
      await using board = startBootLoader({ isSilent: true });
      await using served = await open({ port: board.path });

      await expect(served.client.flash(fixturePath("uno"))).rejects.toMatchObject({
        code: "unavailable",
        reason: "AVRDUDE_NO_ANSWER",
        message: expect.stringMatching(/no boot loader answers on .*attempt 3 of 3: not in sync/),
      });
    }, 40_000);

    it("says that the chip is another one", async () => {
      await using board = startBootLoader({ signature: [0x1e, 0x98, 0x01] });
      await using served = await open({ port: board.path });

      await expect(served.client.flash(fixturePath("uno"))).rejects.toMatchObject({
        code: "invalid-argument",
        reason: "AVRDUDE_OTHER_CHIP",
      });
      expect(board.flash.every((byte) => byte === 0xff)).toBe(true);
    });

    it("says that there is no such port", async () => {
      await using served = await open({ port: "/dev/serial/by-id/absent" });

      await expect(served.client.flash(fixturePath("uno"))).rejects.toMatchObject({
        code: "unavailable",
        reason: "AVRDUDE_NO_PORT",
        message: expect.stringContaining("there is no port /dev/serial/by-id/absent: is the board plugged in"),
      });
    });

    it("says that another program has the port", async () => {
      await using board = startBootLoader();
      await using other = await serveDriver(serialPort, { definition: serial, options: { url: board.path } });
      const held = await other.client.open();
      held.on("error", () => {});
      await using served = await open({ port: board.path });

      await expect(served.client.flash(fixturePath("uno"))).rejects.toMatchObject({
        code: "failed-precondition",
        reason: "AVRDUDE_PORT_BUSY",
        message: expect.stringContaining("make it a child of the flasher"),
      });
    });

    it.each(["cancelled by its caller", "closed"])(
      "leaves no program and no file behind when it is %s",
      async (how) => {
        await using board = startBootLoader({ diesAfterBytes: 512 });
        const served = await open({ port: board.path });
        const flashing = served.client.flash(fixturePath("uno"));
        flashing.then(undefined, () => undefined);
        await board.written(512);
        expect(await leftFiles()).toHaveLength(1);

        if (how === "closed") await served[Symbol.asyncDispose]();
        else flashing.cancel();

        await expect(flashing).rejects.toMatchObject({ code: expect.stringMatching(/cancelled|unavailable/) });
        await vi.waitFor(async () => expect(await leftFiles()).toEqual([]));
        await served[Symbol.asyncDispose]();
      },
    );

    it("gives up after timeout_ms", async () => {
      await using board = startBootLoader({ isSilent: true });
      await using served = await open({ port: board.path, timeout_ms: 300 });

      await expect(served.client.flash(fixturePath("uno"))).rejects.toMatchObject({
        code: "deadline-exceeded",
        reason: "AVRDUDE_HUNG",
      });
      expect(await leftFiles()).toEqual([]);
    });
  },
);

describe("a flasher that uses avrdude", () => {
  it.each(["/dev/null", "net:localhost:1"])("says how to install avrdude, for the port %s", async (port) => {
    await using served = await open({ port, program: "avrdude-that-is-not-there" });

    await expect(served.client.flash(fixturePath("uno"))).rejects.toMatchObject({
      code: "failed-precondition",
      reason: "AVRDUDE_MISSING",
      message: expect.stringContaining('install it with "apt-get install avrdude"'),
    });
    expect(await leftFiles()).toEqual([]);
  });

  it("refuses what is not Intel HEX before it touches the board", async () => {
    await using served = await open({ port: "/dev/ttyACM0", program: "avrdude-that-is-not-there" });

    await expect(served.client.flash(Buffer.from("\x7fELF"))).rejects.toMatchObject({
      code: "invalid-argument",
      reason: "FIRMWARE_NOT_HEX",
      message: expect.stringContaining("the firmware is an ELF program, not Intel HEX"),
    });
  });

  it("knows one thing to flash", async () => {
    await using served = await open({ port: "/dev/ttyACM0" });

    await expect(served.client.flash(fixtureHex("uno"), { target: "eeprom" })).rejects.toMatchObject({
      reason: "FLASH_TARGET_UNKNOWN",
    });
  });

  it.each([{}, { port: "/dev/ttyACM0", bitrate: 9_600 }, { port: "/dev/ttyACM0", baudrate: "fast" }])(
    "refuses the options %j",
    async (options) => {
      await expect(open(options)).rejects.toMatchObject({ code: "invalid-argument" });
    },
  );
});
