import { JumpstarterError, readAll, serve, type ErrorCode } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { piPico } from "./client.ts";

const info = { "UF2 Bootloader": "v3.0", Model: "Raspberry Pi RP2", "Board-ID": "RPI-RP2" };

/** A board whose driver keeps what it was asked; `refuses` is why it cannot enter its BOOTSEL mode. */
async function openBoard({ refuses }: { readonly refuses?: ErrorCode } = {}) {
  const calls: unknown[] = [];
  const served = await serveDriver(
    serve(piPico, {
      enter_bootloader() {
        calls.push(["enter_bootloader"]);
        if (refuses === undefined) return;
        throw new JumpstarterError("the board stays where it is", { code: refuses, reason: "NO_BOOTSEL" });
      },
      bootloader_info: () => info,
      async flash(image, target) {
        calls.push(["flash", Buffer.from(await readAll(image)).toString(), target]);
      },
      dump() {
        throw new JumpstarterError("the volume gives nothing back", { code: "unsupported", reason: "NO_DUMP" });
      },
    }),
    { definition: piPico },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("a Raspberry Pi Pico", () => {
  it("tells about its loader in the loader's words", async () => {
    await using board = await openBoard();
    await expect(board.client.bootloaderInfo()).resolves.toEqual(info);
  });

  it("is flashed as it is, under a name where the test gives one", async () => {
    await using board = await openBoard();
    await board.client.flash(Buffer.from("UF2"));
    await board.client.flash(Buffer.from("UF2"), { target: "blink.uf2" });
    expect(board.calls).toEqual([
      ["flash", "UF2", undefined],
      ["flash", "UF2", "blink.uf2"],
    ]);
  });

  it("is programmed by entering its loader and then flashing, with the progress of the flash", async () => {
    await using board = await openBoard();
    const programming = board.client.program(Buffer.from("UF2"), { target: "blink" });
    const phases = new Set<string>();
    for await (const { phase } of programming) phases.add(phase);
    await expect(programming).resolves.toMatchObject({ isSkipped: false });
    expect(phases).toContain("done");
    expect(board.calls).toEqual([["enter_bootloader"], ["flash", "UF2", "blink"]]);
  });

  it("is programmed all the same where only a hand can enter its loader", async () => {
    await using board = await openBoard({ refuses: "unsupported" });
    await board.client.program(Buffer.from("UF2"));
    expect(board.calls).toEqual([["enter_bootloader"], ["flash", "UF2", undefined]]);
  });

  it("is not programmed where it did not come into its loader", async () => {
    await using board = await openBoard({ refuses: "deadline-exceeded" });
    await expect(board.client.program(Buffer.from("UF2"))).rejects.toMatchObject({ code: "deadline-exceeded" });
    expect(board.calls).toEqual([["enter_bootloader"]]);
  });

  it("cannot be read, and says so", async () => {
    await using board = await openBoard();
    await expect(board.client.dump("never-written.uf2")).rejects.toMatchObject({ code: "unsupported" });
  });
});
