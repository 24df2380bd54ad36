import { serve } from "@jumpstarter-ts/core";
import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { createFakeUboot, type FakeUbootOptions } from "../test/fake-uboot.ts";
import { uboot } from "./client.ts";

async function openBoard(options: FakeUbootOptions = {}) {
  const board = createFakeUboot(options);
  const served = await serveDriver(serve(uboot, { get_prompt: () => "\n=>" }), {
    definition: uboot,
    children: board.children,
  });
  return {
    board,
    client: served.client,
    reboot: () => served.client.rebootToConsole({ offForMs: 1 }),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

describe("a board's U-Boot", () => {
  it("is reached by a power cycle that stops the boot", async () => {
    await using served = await openBoard();

    const console = await served.reboot();

    expect(served.board.powered).toEqual(["off", "on"]);
    await expect(console.run("true")).resolves.toBe("");
  });

  it("is used where it is when it shows its prompt already", async () => {
    await using served = await openBoard();
    await served.reboot();

    const console = await served.client.console();

    await expect(console.runChecked("true")).resolves.toEqual([]);
    expect(served.board.powered).toEqual(["off", "on"]);
  });

  it("gives what a command says and its exit code", async () => {
    const said = "one\n  two";
    await using served = await openBoard({
      command: (line) => (line === "mmc list" ? { said: `${said}\n`, code: 3 } : undefined),
    });
    const console = await served.reboot();

    await expect(console.run("mmc list")).resolves.toBe(said);
    await expect(console.try("mmc list")).resolves.toEqual({ lines: ["one", "  two"], exitCode: 3 });
    await expect(console.runChecked("mmc list")).rejects.toThrow('uboot: mmc list ended with 3; it said "one\\n  two"');
  });

  it("tries a command again that fails at first", async () => {
    let left = 2;
    const command = (line: string) => (line === "dhcp" ? { said: "", code: left-- > 0 ? 1 : 0 } : undefined);
    await using served = await openBoard({ command });
    const console = await served.reboot();

    await expect(console.try("dhcp", { tries: 3 })).resolves.toMatchObject({ exitCode: 0 });

    expect(served.board.lines.filter((line) => !line.startsWith("#"))).toEqual([
      "dhcp; echo $?",
      "sleep 2",
      "dhcp; echo $?",
      "sleep 2",
      "dhcp; echo $?",
    ]);
  });

  it("keeps its variables", async () => {
    await using served = await openBoard({ env: { bootdelay: "2" } });
    const console = await served.reboot();

    await console.setEnvs({ serverip: "192.0.2.1", bootargs: "quiet root=/dev/mmcblk0p2; x=1", bootdelay: undefined });

    expect(Object.fromEntries(served.board.env)).toEqual({
      serverip: "192.0.2.1",
      bootargs: "quiet root=/dev/mmcblk0p2; x=1",
    });
    await expect(console.getEnv("serverip")).resolves.toBe("192.0.2.1");
    await expect(console.getEnv("bootdelay")).resolves.toBeUndefined();
    await expect(console.setEnv("x", "a\tb")).rejects.toMatchObject({ reason: "UBOOT_BAD_COMMAND" });
    await expect(console.setEnv("x", "it's")).rejects.toMatchObject({ reason: "UBOOT_BAD_COMMAND" });
  });

  it("gets an address from the network without loading a file", async () => {
    await using served = await openBoard({
      env: { autoload: "yes" },
      command(line, { env }) {
        if (line !== "dhcp") return undefined;
        const isLoading = env.get("autoload") !== "no";
        for (const [name, value] of [
          ["ipaddr", "192.0.2.7"],
          ["gatewayip", "192.0.2.1"],
          ["netmask", "255.255.254.0"],
        ]) {
          env.set(String(name), String(value));
        }
        return { said: isLoading ? "Loading\n" : "DHCP client bound\n", code: 0 };
      },
    });
    const console = await served.reboot();

    await expect(console.setupDhcp()).resolves.toEqual({
      address: "192.0.2.7",
      gateway: "192.0.2.1",
      netmask: "255.255.254.0",
      prefixLength: 23,
    });
    expect(served.board.env.get("autoload")).toBe("yes");
  });

  it("says which part of the network is missing", async () => {
    await using served = await openBoard({ command: (line) => (line === "dhcp" ? { said: "", code: 0 } : undefined) });
    const console = await served.reboot();
    await expect(console.setupDhcp()).rejects.toThrow("was told no address by DHCP");
  });

  it("is missed after as many attempts as allowed, with what was seen", async () => {
    await using served = await openBoard({ isDead: true });
    await expect(served.client.rebootToConsole({ offForMs: 1, retries: 3, intervalMs: 10 })).rejects.toMatchObject({
      code: "deadline-exceeded",
      reason: "UBOOT_NO_PROMPT",
      cause: { reason: "CONSOLE_NO_MATCH" },
    });
  });

  it("is not asked for something that it would misunderstand", async () => {
    await using served = await openBoard();
    const console = await served.reboot();
    // A tab completes, Ctrl+C drops the line.
    for (const command of ["", " ", "a\nb", "md\t", "a\x03"]) {
      await expect(console.run(command)).rejects.toMatchObject({ reason: "UBOOT_BAD_COMMAND" });
    }
  });

  it("fails at once when something shows that must not", async () => {
    await using served = await openBoard({
      command: (line) => (line === "boom" ? { said: "data abort\n", code: 0 } : undefined),
    });
    const console = await served.reboot();
    await expect(console.run("boom", { failOn: "data abort" })).rejects.toMatchObject({ reason: "CONSOLE_FAILED_ON" });
  });

  it("is left without power", async () => {
    await using served = await openBoard();
    await uboot.safeState?.(served.client);
    expect(served.board.powered).toEqual(["off"]);
  });
});
