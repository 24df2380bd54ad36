import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { createFakeUboot } from "../test/fake-uboot.ts";
import { hasQemuUboot, openQemuUboot } from "../test/qemu-uboot.ts";
import { uboot } from "./client.ts";
import { ubootConsole } from "./driver.ts";

const canRun = hasQemuUboot || process.env["CI"] === "true";

describe("the exporter's U-Boot", () => {
  it.each([
    [{}, "\n=>"],
    [{ prompt: "\nj721e => " }, "\nj721e => "],
  ])("tells the prompt of %j and lends its children", async (options, prompt) => {
    const { children } = createFakeUboot();
    await using served = await serveDriver(ubootConsole, { definition: uboot, options, children });

    expect(await served.client.prompt()).toBe(prompt);
    expect([...served.device.children.keys()]).toEqual(["power", "serial"]);
  });

  it("refuses to start without one of its children, and says which", async () => {
    const { power } = createFakeUboot().children;
    await expect(serveDriver(ubootConsole, { definition: uboot, children: { power } })).rejects.toMatchObject({
      reason: "CHILD_MISSING",
      message: expect.stringContaining('needs a child named "serial"'),
    });
  });

  it("refuses an option that it does not know", async () => {
    const { children } = createFakeUboot();
    await expect(
      serveDriver(ubootConsole, { definition: uboot, options: { promt: "=>" }, children }),
    ).rejects.toMatchObject({ code: "invalid-argument", message: expect.stringContaining("promt") });
  });
});

// #region board
it.skipIf(!canRun)(
  "stops the boot of a real U-Boot, runs commands, keeps variables and gets on the network",
  { timeout: 60_000 },
  async () => {
    await using board = await openQemuUboot();
    await using served = await serveDriver(ubootConsole, { definition: uboot, children: board.children });

    const console = await served.client.rebootToConsole({ offForMs: 1 });

    expect(await console.run("version")).toContain("U-Boot 20");
    expect(await console.try("false")).toEqual({ lines: [], exitCode: 1 });
    await console.setEnvs({ bootargs: "console=ttyAMA0 quiet; x", bootdelay: undefined });
    expect(await console.getEnv("bootargs")).toBe("console=ttyAMA0 quiet; x");
    expect(await console.getEnv("bootdelay")).toBeUndefined();
    expect(await console.setupDhcp()).toMatchObject({ address: "10.0.2.15", gateway: "10.0.2.2", prefixLength: 24 });
  },
);
// #endregion

describe.skipIf(!canRun)("a real U-Boot behind our exporter", () => {
  it("is reached again after the next power cycle, with its variables forgotten", { timeout: 60_000 }, async () => {
    await using board = await openQemuUboot();
    await using served = await serveDriver(ubootConsole, { definition: uboot, children: board.children });
    const first = await served.client.rebootToConsole({ offForMs: 1 });
    await first.setEnv("boot_nr", "1");

    const second = await served.client.rebootToConsole({ offForMs: 1 });

    expect(board.boots).toBe(2);
    expect(await second.getEnv("boot_nr")).toBeUndefined();
  });

  it("keeps every value that it is given as it is", { timeout: 60_000 }, async () => {
    await using board = await openQemuUboot();
    await using served = await serveDriver(ubootConsole, { definition: uboot, children: board.children });
    const console = await served.client.rebootToConsole({ offForMs: 1 });

    for (const value of [String.raw`C:\new\\x\\`, "a;b && c | d # e", "$x ${y}", '"q" ~!@', "  two  "]) {
      await console.setEnv("given", value);
      expect(await console.getEnv("given")).toBe(value);
    }
  });
});
