import { createStreamPair, JumpstarterError, readAll, serve } from "@jumpstarter-ts/core";
import { power } from "@jumpstarter-ts/driver-power";
import { serial } from "@jumpstarter-ts/driver-serial";
import { flasher } from "@jumpstarter-ts/driver-storage";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { renode } from "./client.ts";

/** A simulated board that notes what it is told. */
async function openRenode() {
  const calls: unknown[] = [];
  const served = await serveDriver(
    serve(renode, {
      get_platform: () => "platforms/boards/stm32f4_discovery.repl",
      get_uart: () => "sysbus.uart0",
      get_machine_name: () => "machine-0",
      monitor_cmd(command) {
        calls.push(["monitor_cmd", command]);
        if (command === "help")
          throw new JumpstarterError("raw monitor access is off", { code: "permission-denied", reason: "X" });
        return "0x00000000\n";
      },
    }),
    {
      definition: renode,
      children: {
        power: serve(power, { on: () => void calls.push("on"), off: () => void calls.push("off"), async *read() {} }),
        flasher: serve(flasher, {
          flash: async (source, target) => void calls.push(["flash", (await readAll(source)).length, target]),
          dump: () => undefined,
        }),
        console: serve(serial, { connect: () => createStreamPair().near }),
      },
    },
  );
  return { ...served, calls };
}

describe("the renode client", () => {
  it("switches and flashes a simulated board", async () => {
    await using served = await openRenode();
    await served.client.flasher.flash(Buffer.from("elf"), { target: "sysbus LoadELF" });
    await served.client.power.on();
    expect(served.calls).toEqual([["flash", 3, "sysbus LoadELF"], "on"]);
  });

  it("tells what is simulated", async () => {
    await using served = await openRenode();
    const { client } = served;
    expect([await client.platform(), await client.uart(), await client.machineName()]).toEqual([
      "platforms/boards/stm32f4_discovery.repl",
      "sysbus.uart0",
      "machine-0",
    ]);
  });

  it("runs commands of the monitor, where the lab allows it", async () => {
    await using served = await openRenode();
    await expect(served.client.monitor("sysbus ReadDoubleWord 0x0")).resolves.toBe("0x00000000\n");
    await expect(served.client.monitor("help")).rejects.toMatchObject({ code: "permission-denied" });
    expect(served.calls).toEqual([
      ["monitor_cmd", "sysbus ReadDoubleWord 0x0"],
      ["monitor_cmd", "help"],
    ]);
  });
});
