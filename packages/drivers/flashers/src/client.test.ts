import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { openFlashBench } from "../test/flash-bench.ts";
import type { NetworkFlashProgress } from "./flash.ts";

const quick = { offForMs: 1 } as const;

describe("flashing over the network", () => {
  it("boots the helper system and writes an image of this machine with fls", async () => {
    await using bench = await openFlashBench();
    const image = join(bench.root, "..", "image.raw.xz");
    await writeFile(image, "image");

    const report = await bench.client.flash(image, { ...quick, target: "usd" });

    expect(report).toEqual({ url: "http://192.0.2.1:80/image.raw.xz", target: "/dev/mmcblk1", attempts: 1 });
    await expect(readFile(join(bench.root, "image.raw.xz"), "utf8")).resolves.toBe("image");
    expect(bench.calls).toEqual([
      ["setup_flasher_bundle", undefined],
      "http start",
      "tftp start",
      "tftp stop",
      "http stop",
    ]);
    expect(bench.board.lines.filter((line) => /^(dhcp|tftpboot|booti)/.test(line))).toEqual([
      "dhcp; echo $?",
      "tftpboot 0x1 Image; echo $?",
      "tftpboot 0x2 initramfs; echo $?",
      "booti 0x1 - 0x3",
    ]);
    expect(bench.board.env.get("serverip")).toBe("192.0.2.1");
    expect(bench.ran.map((command) => command.replace(/@\d+/, "@now"))).toEqual([
      "ls -l /sys/class/block/ | grep 4fb0000 | head -n 1",
      "export dhcp_addr=192.0.2.7 gw_addr=192.0.2.1",
      "efibootmgr -B",
      "udhcpc",
      "date -s @now",
      "fls from-url -i 1.0 -n --o-direct 'http://192.0.2.1:80/image.raw.xz' /dev/mmcblk1",
      "sync",
    ]);
    expect(bench.board.powered).toEqual(["off", "on", "off"]);
    await rm(image);
  });

  it("has the board fetch a URL and unpack it itself, with the lab's certificates", async () => {
    await using bench = await openFlashBench({ cacert: "PEM" });

    const report = await bench.client.flash("https://images.example/a.img.gz", {
      ...quick,
      method: "shell",
      target: "rootfs",
      headers: { "X-Token": "it's" },
    });

    expect(report).toMatchObject({ url: "https://images.example/a.img.gz", target: "/dev/disk/by-partlabel/rootfs" });
    await expect(readFile(join(bench.root, "cacert.crt"), "utf8")).resolves.toBe("PEM");
    const transfer = `--cacert /tmp/cacert.crt -H 'X-Token: it'\\''s' 'https://images.example/a.img.gz'`;
    expect(bench.ran.filter((command) => command !== "command -v curl").slice(-4)).toEqual([
      "curl -fsSL 'http://192.0.2.1:80/cacert.crt' -o /tmp/cacert.crt",
      `curl --location --max-time 30 --fail -sS -r 0-0 -o /dev/null ${transfer}`,
      `( set -o pipefail; curl -fsSL ${transfer} | zcat | dd of=/dev/disk/by-partlabel/rootfs bs=64k iflag=fullblock oflag=direct )`,
      "sync",
    ]);
  });

  it("has a board without curl fetch with wget, and not where nobody could tell who answers", async () => {
    await using bench = await openFlashBench({ codeOf: (command) => (command === "command -v curl" ? 127 : 0) });
    const flash = (image: string) =>
      bench.client.flash(image, { ...quick, method: "shell", headers: { "X-Token": "a" } });

    await flash("http://images.example/a.img.xz");

    const transfer = "--header 'X-Token: a' 'http://images.example/a.img.xz'";
    expect(bench.ran.slice(-3)).toEqual([
      `wget -q -T 30 --spider ${transfer}`,
      `( set -o pipefail; wget -q -O - ${transfer} | xzcat | dd of=/dev/mmcblk0 bs=64k iflag=fullblock oflag=direct )`,
      "sync",
    ]);
    for (const image of ["https://images.example/a.img.xz", "HTTPS://images.example/a.img.xz"]) {
      await expect(flash(image)).rejects.toMatchObject({ reason: "FLASH_BAD_OPTION" });
    }
  });

  it("starts anew after a failure that may pass", async () => {
    let left = 1;
    await using bench = await openFlashBench({
      codeOf: (command) => (command.startsWith("fls") && left-- > 0 ? 1 : 0),
    });
    const phases: NetworkFlashProgress["phase"][] = [];

    const operation = bench.client.flash("https://images.example/a.img", { ...quick, retries: 1 });
    for await (const { phase } of operation) phases.push(phase);

    expect((await operation).attempts).toBe(2);
    expect(phases).toContain("waiting");
    expect(phases.at(-1)).toBe("done");
  });

  it("gives up after as many attempts as allowed, with the last failure", async () => {
    await using bench = await openFlashBench({ codeOf: (command) => (command === "udhcpc" ? 1 : 0) });
    await expect(bench.client.flash("https://images.example/a.img", { ...quick, retries: 0 })).rejects.toMatchObject({
      reason: "FLASH_GAVE_UP",
      cause: { reason: "FLASH_COMMAND_FAILED" },
    });
    expect(bench.calls.slice(-2)).toEqual(["tftp stop", "http stop"]);
  });

  it.each([
    [{ target: "x; reboot" }, "FLASH_NO_TARGET"],
    [{ blockDevice: "nand" }, "FLASH_NO_TARGET"],
    [{ headers: { "a b": "c" } }, "FLASH_BAD_OPTION"],
  ])("does not try again what cannot succeed: %j", async (options, reason) => {
    await using bench = await openFlashBench();
    await expect(bench.client.flash("https://images.example/a.img", { ...quick, ...options })).rejects.toMatchObject({
      reason,
    });
    expect(bench.board.powered.filter((each) => each === "on").length).toBeLessThan(2);
  });

  it("looks for certificates before it touches the board", async () => {
    await using bench = await openFlashBench();
    const certificatesFile = join(bench.root, "absent.pem");

    const flashing = bench.client.flash("https://images.example/a.img", { ...quick, certificatesFile });

    await expect(flashing).rejects.toMatchObject({
      reason: "FLASH_BAD_OPTION",
      message: expect.stringContaining(certificatesFile),
    });
    expect(bench.board.powered).toEqual([]);
  });

  it("lends the helper system's shell, and U-Boot's", async () => {
    await using bench = await openFlashBench();
    {
      await using system = await bench.client.busyboxShell(quick);
      await system.shell.run("cat /proc/cmdline");
      expect(bench.ran).toEqual(["cat /proc/cmdline"]);
    }
    {
      await using console = await bench.client.bootloaderShell(quick);
      await expect(console.getEnv("ipaddr")).resolves.toBe("192.0.2.7");
    }
    const services = "http start, tftp start, tftp stop, http stop";
    expect(bench.calls.filter((call) => typeof call === "string").join(", ")).toBe(`${services}, ${services}`);
  });

  it("tells what the bundle says", async () => {
    await using bench = await openFlashBench();
    await bench.client.useDtbVariant("alternate");
    expect(bench.calls).toEqual([["use_dtb_variant", "alternate"]]);
    await expect(bench.client.defaultTarget()).resolves.toBeUndefined();
    await expect(bench.client.manifest()).resolves.toMatchObject({ spec: { default_target: "emmc" } });
  });
});
