import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";

import { powerConformance, type PowerUnderTest } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { processesWith, processWith } from "../test/processes.ts";
import { bootToPrompt, isMissing, openBoard, patience, run } from "../test/u-boot.ts";

describe.skipIf(isMissing)("a virtual machine", () => {
  it("says its first line to a console that was there before the power", async () => {
    await using bench = await openBoard();
    const { power, console } = bench.client;

    await power.on();

    const { text } = await console.waitFor(/^\s*U-Boot \d+\.\d+/, patience());
    expect(text.trim()).toMatch(/^U-Boot/);
  });

  it("keeps its console over a power cycle", async () => {
    await using bench = await openBoard();
    await bootToPrompt(bench.client);
    expect(await run(bench.client, "setenv colour red; echo $colour")).toBe("red");

    await bench.client.power.off();
    await bootToPrompt(bench.client);

    expect(await run(bench.client, 'echo "<$colour>"')).toBe("<>");
  });

  it("keeps what it said for who connects after the power is on", async () => {
    await using bench = await openBoard();
    const { power, console } = bench.client;
    await console.close();
    await power.on();
    await bench.client.qmp("query-status");

    const stream = await console.open();
    let heard = "";
    for await (const chunk of stream) {
      heard += String(chunk);
      if (heard.includes("Hit any key")) break;
    }

    expect(heard.trimStart()).toMatch(/^U-Boot/);
  });

  powerConformance({ it, expect }, async (): Promise<PowerUnderTest> => {
    const name = randomUUID();
    const bench = await openBoard({ args: ["-name", name] });
    return {
      client: bench.client.power,
      isOn: async () => (await processesWith(name)).length > 0,
      canRead: false,
      [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
    };
  });

  it("has the memory that was asked for at the next start", async () => {
    await using bench = await openBoard();
    await bench.client.setMemorySize("1G");
    await bench.client.power.on();
    expect(await bench.client.qmp("query-memory-size-summary")).toMatchObject({ "base-memory": 1024 ** 3 });
    await expect(bench.client.setMemorySize("a lot")).rejects.toMatchObject({ reason: "QEMU_SIZE_INVALID" });
  });

  it("takes a memory without a unit for MiB, as QEMU and upstream do", async () => {
    await using bench = await openBoard({ mem: "256" });
    await bench.client.power.on();
    expect(await bench.client.qmp("query-memory-size-summary")).toMatchObject({ "base-memory": 256 * 1024 ** 2 });
  });

  it("tells the caller within whose call it crashes what has become of it", async () => {
    const name = randomUUID();
    await using bench = await openBoard({ args: ["-name", name] });
    await bench.client.power.on();
    const emulator = await processWith(name);
    process.kill(emulator, "SIGSTOP");
    const calls = [bench.client.qmp("query-status"), bench.client.screendump(), bench.client.saveSnapshot("late")];
    const settled = Promise.allSettled(calls);
    process.kill(emulator, "SIGKILL");

    for (const call of await settled) {
      expect(call).toMatchObject({ reason: { reason: "QEMU_CRASHED", message: expect.stringContaining("SIGKILL") } });
    }
  });

  it("shows its screen as a PNG", async () => {
    await using bench = await openBoard({ devices: ["ramfb"] });
    await bootToPrompt(bench.client);
    const picture = await bench.client.screendump();
    expect(Buffer.from(picture.subarray(0, 4)).toString("latin1")).toBe("\x89PNG");
  });

  it("speaks RFB where its screen is", async () => {
    await using bench = await openBoard();
    await bench.client.power.on();
    const stream = await bench.client.vnc.open();
    for await (const chunk of stream) {
      expect(String(chunk)).toMatch(/^RFB 003/);
      break;
    }
  });
});

describe("U-Boot of every architecture", () => {
  it.for([
    { arch: "arm", emulator: "/usr/bin/qemu-system-arm", firmware: "/usr/lib/u-boot/qemu_arm/u-boot.bin" },
    { arch: "riscv64", emulator: "/usr/bin/qemu-system-riscv64", firmware: "/usr/lib/u-boot/qemu-riscv64/u-boot.bin" },
    { arch: "x86_64", emulator: "/usr/bin/qemu-system-x86_64", firmware: "/usr/lib/u-boot/qemu-x86/u-boot.rom" },
  ])("comes to its prompt on $arch", async ({ arch, emulator, firmware }, { skip }) => {
    skip(process.env["CI"] !== "true" && !(existsSync(emulator) && existsSync(firmware)));
    await using bench = await openBoard({ arch, cpu: undefined, default_partitions: { bios: firmware } });
    await bootToPrompt(bench.client);
    await bench.client.saveSnapshot("prompt");
    await bench.client.loadSnapshot("prompt");
    expect(await run(bench.client, "echo back")).toBe("back");
  });
});
