/* oxlint-disable vitest/no-standalone-expect -- the linter does not know the test that withStates makes */
import { appendFileSync } from "node:fs";

import type { Shell } from "@jumpstarter-ts/core";
import { describe, expect } from "vitest";

import { test } from "../board.ts";

/** What leaves a board behind on which no other test could run, and how it shows. */
const damage = [
  ["/etc is deleted", "rm -rf /etc", "test ! -e /etc/passwd"],
  ["the board takes another version", "echo 6.6.6 > /etc/board-version; sync", "grep 6.6.6 /etc/board-version"],
  ["all programs are deleted", "echo gone > /gone; rm -rf /usr /bin /sbin", "! /bin/busybox true"],
  [
    "the disk is overwritten",
    "dd if=/dev/zero of=/dev/vda bs=64k count=64; sync",
    `test "$(head -c 99 /dev/vda | tr -d '\\0')" = ""`,
  ],
  ["the network is gone", "ip link set eth0 down", "! ip link show eth0 | grep -q LOWER_UP"],
  ["the memory is full", "mount -t tmpfs none /tmp; dd if=/dev/zero of=/tmp/full bs=1M count=100", "test -s /tmp/full"],
] as const;

/** What leaves no shell behind, and how it shows. */
const death = [
  ["the kernel panics", "panic", /Kernel panic - not syncing/],
  ["the machine switches itself off", "poweroff -f", "reboot: Power down"],
  ["the shell is killed", "kill -9 $$", /board login: $/],
  ["a command cannot be ended", "trap '' INT; stty -isig; echo deaf; exec sleep 1000", /^deaf$/],
] as const;

/** A board of which nobody could tell what any test before has done to it. */
async function cleanShell(fresh: (state: "shell") => Promise<Shell>): Promise<Shell> {
  const startedAt = performance.now();
  const sh = await fresh("shell");
  appendFileSync(process.env["BOARD_FIGURES"] ?? "/dev/null", `${performance.now() - startedAt}\n`);
  expect(await sh`cat /etc/board-version`).toMatchObject({ stdout: "1.0.0" });
  await sh`test ! -e /gone -a ! -e /tmp/full -a -d /usr/bin && grep -q UP /sys/class/net/eth0/operstate || ip link show eth0 | grep LOWER_UP`;
  await sh`test "$(head -c 512 /dev/vda | tr -d '\\0')" != ""`;
  return sh;
}

describe.each([1, 2, 3, 4, 5])("in round %i a board starts clean, and then", () => {
  test.for(damage)("%s", async ([, command, proof], { fresh }) => {
    const sh = await cleanShell(fresh);

    await sh.run(command, { check: false });

    await sh.run(proof);
  });

  test.for(death)("%s", async ([, command, sign], { fresh, dut }) => {
    await cleanShell(fresh);

    await dut.board.console.sendLine(command);

    await expect(dut.board.console).toEmit(sign);
  });
});
