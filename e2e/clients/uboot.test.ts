import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";

import { connect } from "@jumpstarter-ts/client";
import { uboot } from "@jumpstarter-ts/driver-uboot";
import { describe, expect, it } from "vitest";

import { pythonPeer } from "../peers/python.ts";
import { startPythonExporter } from "../peers/python-exporter.ts";
import { freeTcpPort } from "./free-port.ts";

const bios = "/usr/lib/u-boot/qemu_arm64/u-boot.bin";
const qemu = "/usr/bin/qemu-system-aarch64";
const isReady = pythonPeer() !== undefined && existsSync(bios) && existsSync(qemu);

/** A machine of QEMU that runs a real U-Boot, its serial line on a TCP port. */
async function startBoard() {
  const port = await freeTcpPort();
  const machine = `-M virt -cpu cortex-a57 -m 128 -display none -monitor none -bios ${bios}`;
  const network = "-netdev user,id=net -device virtio-net-pci,netdev=net,romfile=";
  const serial = `-serial tcp:127.0.0.1:${port},server=on,wait=on`;
  const board = spawn(qemu, `${machine} ${network} ${serial}`.split(" "), { stdio: "ignore" });
  const ended = once(board, "exit");
  // A test that timed out disposes of nothing, and a board would spin for ever.
  const kill = (): boolean => board.kill("SIGKILL");
  process.once("exit", kill);
  return {
    port,
    async [Symbol.asyncDispose]() {
      process.off("exit", kill);
      kill();
      await ended;
    },
  };
}

describe.skipIf(!isReady && process.env["CI"] !== "true")("a real U-Boot behind Python's drivers", () => {
  it("stops its boot, runs our commands and gets on the network", { timeout: 60_000 }, async () => {
    await using board = await startBoard();
    await using exporter = await startPythonExporter(`export:
  uboot:
    type: jumpstarter_driver_uboot.driver.UbootConsole
    children:
      power: { type: jumpstarter_driver_power.driver.MockPower }
      serial:
        type: jumpstarter_driver_pyserial.driver.PySerial
        config: { url: "socket://127.0.0.1:${board.port}", check_present: false }
`);
    await using session = await connect({ host: exporter.host });
    const client = session.device("uboot").as(uboot);

    expect(await client.prompt()).toBe("\n=>");
    // The board waits with its boot until somebody listens to its serial line, as after the power has come on.
    const console = await client.rebootToConsole({ offForMs: 1 });

    expect(await console.run("version")).toContain("U-Boot 20");
    expect(await console.try("false")).toEqual({ lines: [], exitCode: 1 });
    expect(await console.runChecked("echo a b; echo c")).toEqual(["a b", "c"]);
    await expect(console.runChecked("nonsense")).rejects.toThrow("Unknown command 'nonsense'");
    const bootargs = "console=ttyAMA0 root=/dev/vda; x";
    await console.setEnvs({ bootargs, bootdelay: undefined });
    expect(await console.getEnv("bootargs")).toBe(bootargs);
    expect(await console.getEnv("bootdelay")).toBeUndefined();
    expect(await console.setupDhcp()).toEqual({
      address: "10.0.2.15",
      gateway: "10.0.2.2",
      netmask: "255.255.255.0",
      prefixLength: 24,
    });
    const again = await client.console();
    expect(await again.getEnv("ipaddr")).toBe("10.0.2.15");
  });
});
