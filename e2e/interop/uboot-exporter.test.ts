import { spawn } from "node:child_process";
import { once } from "node:events";

import { connect } from "@jumpstarter-ts/client";
import { uboot } from "@jumpstarter-ts/driver-uboot";
import { describe, expect, it } from "vitest";

import { hasQemuUboot } from "../../packages/drivers/uboot/test/qemu-uboot.ts";
import { freeTcpPort } from "../clients/free-port.ts";
import { pythonSession } from "../peers/python-run.ts";
import { pythonPeer } from "../peers/python.ts";
import { startOurs } from "./ours.ts";

const isReady = pythonPeer() !== undefined && hasQemuUboot;

/** A machine of QEMU with a real U-Boot, which waits with its boot until somebody opens its serial line. */
async function startBoard() {
  const port = await freeTcpPort();
  const machine =
    "-M virt -cpu cortex-a53 -m 128 -display none -monitor none -bios /usr/lib/u-boot/qemu_arm64/u-boot.bin";
  const network = "-netdev user,id=net -device virtio-net-pci,netdev=net,romfile=";
  const serial = `-serial tcp:127.0.0.1:${port},server=on,wait=on`;
  const board = spawn("/usr/bin/qemu-system-aarch64", `${machine} ${network} ${serial}`.split(" "), {
    stdio: "ignore",
  });
  const ended = once(board, "exit");
  // A test that timed out disposes of nothing, and a board would spin for ever.
  const kill = (): boolean => board.kill("SIGKILL");
  process.once("exit", kill);
  return {
    exportYaml: `export:
  power: { type: jumpstarter_driver_power.driver.MockPower }
  serial:
    type: jumpstarter_driver_pyserial.driver.PySerial
    config: { url: "socket://127.0.0.1:${port}", check_present: false }
  uboot:
    type: jumpstarter_driver_uboot.driver.UbootConsole
    children: { power: { ref: power }, serial: { ref: serial } }
`,
    async [Symbol.asyncDispose]() {
      process.off("exit", kill);
      kill();
      await ended;
    },
  };
}

describe.skipIf(!isReady && process.env["CI"] !== "true")("a real U-Boot behind our uboot driver", () => {
  it("is driven by an unmodified Python client", { timeout: 60_000 }, async () => {
    await using board = await startBoard();
    await using exporter = await startOurs(board.exportYaml);

    const answer = await pythonSession(
      exporter.host,
      `
u = client.uboot
answer = {"prompt": u.prompt}
with u.reboot_to_console():
    answer["version"] = u.run_command("version").decode()
    answer["checked"] = u.run_command_checked("echo a b")
    u.set_env_dict({"bootargs": "console=ttyAMA0; x", "bootdelay": None})
    answer["env"] = [u.get_env("bootargs"), u.get_env("bootdelay")]
    dhcp = u.setup_dhcp()
    answer["dhcp"] = [dhcp.ip_address, dhcp.gateway, dhcp.netmask]`,
    );

    expect(answer).toEqual({
      prompt: "\n=>",
      version: expect.stringContaining("U-Boot 20"),
      checked: ["a b"],
      env: ["console=ttyAMA0; x", null],
      dhcp: ["10.0.2.15", "10.0.2.2", "255.255.255.0"],
    });
  });

  it("is driven by our client through what the YAML says", { timeout: 60_000 }, async () => {
    await using board = await startBoard();
    await using exporter = await startOurs(board.exportYaml);
    await using session = await connect({ host: exporter.host });
    const client = session.device("uboot").as(uboot);

    const console = await client.rebootToConsole({ offForMs: 1 });

    expect(await console.run("version")).toContain("U-Boot 20");
    await console.setEnv("serverip", "192.0.2.1");
    expect(await console.getEnv("serverip")).toBe("192.0.2.1");
  });
});
