import { PassThrough } from "node:stream";

import { createStreamPair, readAll, serve } from "@jumpstarter-ts/core";
import { serial } from "@jumpstarter-ts/driver-serial";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { esp32, regionTarget } from "./client.ts";

const chipInfo = { chip: "ESP32-D0WD (revision v1.0)", features: "WiFi, BT", mac: "01:02:03:04:05:06" };

/** A chip whose driver keeps what it was asked; its port greets whoever connects. */
async function openChip() {
  const calls: unknown[] = [];
  const note = (method: string) => (): void => void calls.push([method]);
  const served = await serveDriver(
    serve(esp32, {
      async flash(image, target) {
        calls.push(["flash", Buffer.from(await readAll(image)).toString(), target]);
      },
      dump(to, partition) {
        calls.push(["dump", partition]);
        to.end("flash content");
      },
      get_chip_info: () => ({ ...chipInfo, crystal: "40MHz" }),
      erase: note("erase"),
      hard_reset: note("hard_reset"),
      enter_bootloader: note("enter_bootloader"),
    }),
    {
      definition: esp32,
      children: {
        serial: serve(serial, {
          connect() {
            const { near, far } = createStreamPair();
            far.write("rst:0x1 (POWERON_RESET)\r\n");
            return near;
          },
        }),
      },
    },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("an ESP32", () => {
  it("is flashed from its start, or at the address that the test names", async () => {
    await using chip = await openChip();
    await chip.client.flash(Buffer.from("merged"));
    await chip.client.flash(Buffer.from("app"), { target: regionTarget({ address: 0x1_0000 }) });
    expect(chip.calls).toEqual([
      ["flash", "merged", undefined],
      ["flash", "app", "0x10000"],
    ]);
  });

  it("is flashed with several images in their order", async () => {
    await using chip = await openChip();
    await chip.client.flash({ "0x1000": Buffer.from("bootloader"), "0x8000": Buffer.from("partitions") });
    expect(chip.calls).toEqual([
      ["flash", "bootloader", "0x1000"],
      ["flash", "partitions", "0x8000"],
    ]);
  });

  it("gives a region of its flash", async () => {
    await using chip = await openChip();
    const to = new PassThrough();
    const content = readAll(to);
    await chip.client.dump(to, { target: regionTarget({ address: 0x9000, sizeBytes: 0x6000 }) });
    expect(Buffer.from(await content).toString()).toBe("flash content");
    expect(chip.calls).toEqual([["dump", "0x9000:0x6000"]]);
  });

  it("tells which chip it is", async () => {
    await using chip = await openChip();
    await expect(chip.client.getChipInfo()).resolves.toEqual(chipInfo);
  });

  it("is erased, reset, and put into its loader", async () => {
    await using chip = await openChip();
    await chip.client.erase();
    await chip.client.hardReset();
    await chip.client.enterBootloader();
    expect(chip.calls).toEqual([["erase"], ["hard_reset"], ["enter_bootloader"]]);
  });

  it("has its console beside it", async () => {
    await using chip = await openChip();
    await expect(chip.client.serial.waitFor(/rst:\w+/)).resolves.toMatchObject({ text: "rst:0x1" });
  });
});
