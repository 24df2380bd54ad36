import { readAll, serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { probeRs } from "./client.ts";

/** A probe whose driver keeps what it was asked. */
async function openProbe({ memory = [] }: { readonly memory?: readonly string[] } = {}) {
  const calls: unknown[] = [];
  const answer = (method: string) => (): string => {
    calls.push([method]);
    return `${method} done\n`;
  };
  const served = await serveDriver(
    serve(probeRs, {
      info: answer("info"),
      reset_target: answer("reset_target"),
      erase: answer("erase"),
      async download(source) {
        calls.push(["download", Buffer.from(await readAll(source)).toString()]);
        return "done\n";
      },
      read(...args) {
        calls.push(["read", ...args.slice(0, 3)]);
        return [...memory];
      },
    }),
    { definition: probeRs },
  );
  return { client: served.client, calls, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe("a debug probe", () => {
  it("answers what the tool printed", async () => {
    await using probe = await openProbe();
    await expect(probe.client.info()).resolves.toBe("info done\n");
    await expect(probe.client.reset()).resolves.toBe("reset_target done\n");
    await expect(probe.client.erase()).resolves.toBe("erase done\n");
    expect(probe.calls).toEqual([["info"], ["reset_target"], ["erase"]]);
  });

  it("sends a firmware to the target", async () => {
    await using probe = await openProbe();
    await expect(probe.client.download(Buffer.from("ELF"))).resolves.toBe("done\n");
    expect(probe.calls).toEqual([["download", "ELF"]]);
  });

  it("asks for memory in the words of the tool, and answers numbers", async () => {
    await using probe = await openProbe({ memory: ["deadbeef", "00000010"] });
    const words = await probe.client.read({ widthBits: 32, address: 0x2000_0000, words: 2 });
    expect(words).toEqual([0xdead_beef, 0x10]);
    expect(probe.calls).toEqual([["read", "b32", "0x20000000", "2"]]);
  });

  it("reads one word unless told otherwise", async () => {
    await using probe = await openProbe({ memory: ["0x7f"] });
    await expect(probe.client.read({ widthBits: 8, address: 16n })).resolves.toEqual([0x7f]);
    expect(probe.calls).toEqual([["read", "b8", "0x10", "1"]]);
  });

  it("keeps every bit of a word of 64 bits", async () => {
    await using probe = await openProbe({ memory: ["ffffffffffffffff"] });
    await expect(probe.client.read({ widthBits: 64, address: 0 })).resolves.toEqual([0xffff_ffff_ffff_ffffn]);
  });

  it.each([[[]], [[""]]])("fails where the probe answered %j instead of the words", async (memory) => {
    await using probe = await openProbe({ memory });
    const read = probe.client.read({ widthBits: 32, address: 0x10, words: 4 });
    await expect(read).rejects.toMatchObject({
      code: "unavailable",
      reason: "PROBE_RS_READ_FAILED",
      message: expect.stringMatching(/^probe-rs\.read answered 0 of 4 words at 0x10: /),
    });
  });

  it("refuses an address that is none before anything is sent", async () => {
    await using probe = await openProbe();
    await expect(probe.client.read({ widthBits: 32, address: -4 })).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(probe.client.read({ widthBits: 32, address: 4, words: 0 })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    expect(probe.calls).toEqual([]);
  });
});
