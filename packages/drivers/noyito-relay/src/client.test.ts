import { JumpstarterError, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { noyitoRelay, type RelayStatus } from "./client.ts";

/** A board whose driver keeps what it was asked; it cannot measure, as upstream's. */
async function openBoard({ status = "off" }: { readonly status?: string } = {}) {
  const calls: string[] = [];
  const served = await serveDriver(
    serve(noyitoRelay, {
      on: () => void calls.push("on"),
      off: () => void calls.push("off"),
      // A board that says something else is what one of the tests is about.
      status: () => status as RelayStatus,
      // eslint-disable-next-line require-yield -- it ends before it has anything to say.
      async *read() {
        throw new JumpstarterError("the board cannot measure", { code: "unsupported", reason: "NO_METER" });
      },
    }),
    { definition: noyitoRelay },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("a Noyito relay", () => {
  it.each(["on", "off", "partial"])("tells that it is %s", async (status) => {
    await using board = await openBoard({ status });
    await expect(board.client.status()).resolves.toBe(status);
  });

  it("refuses a state that no board has", async () => {
    await using board = await openBoard({ status: "stuck" });
    await expect(board.client.status()).rejects.toMatchObject({ code: "internal" });
  });

  it("is switched and cycled as any power", async () => {
    await using board = await openBoard();
    await board.client.on();
    await board.client.cycle({ offForMs: 0 });
    expect(board.calls).toEqual(["on", "off", "on"]);
  });

  it("is made safe by opening the relay", async () => {
    await using board = await openBoard();
    await noyitoRelay.safeState?.(board.client);
    expect(board.calls).toEqual(["off"]);
  });

  it("cannot measure, and says so", async () => {
    await using board = await openBoard();
    await expect(board.client.read()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "unsupported" });
  });
});
