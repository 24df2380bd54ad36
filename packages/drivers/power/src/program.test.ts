import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as passed } from "node:timers/promises";

import { JumpstarterError, silentLogger } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { runCommand } from "./program.ts";

const common = { timeoutMs: 5_000, cwd: tmpdir(), log: silentLogger };

describe("a program that a driver runs", () => {
  it("gives what it printed", async () => {
    expect(await runCommand(["echo", "5 V"], common)).toBe("5 V\n");
  });

  it("names its failures as its driver wants", async () => {
    const command = runCommand(["no-such-program"], { ...common, reasonPrefix: "DFU", debianPackage: "dfu-util" });

    await expect(command).rejects.toMatchObject({
      reason: "DFU_MISSING",
      message: 'there is no program no-such-program: install it with "apt-get install dfu-util", or correct the path',
    });
  });

  it("lets its driver say what its last words mean", async () => {
    const command = runCommand(["sh", "-c", "echo half; echo no target >&2; exit 4"], {
      ...common,
      explain: ({ stdout, stderr, end, cause }) =>
        new JumpstarterError(`${end}: ${stdout}${stderr}`, { code: "unavailable", reason: "NO_TARGET", cause }),
    });

    await expect(command).rejects.toMatchObject({ reason: "NO_TARGET", message: "4: half\nno target\n" });
  });

  it("has ended when its caller hears that it was stopped", async () => {
    const directory = await mkdtemp(join(tmpdir(), "jumpstarter-program-"));
    const stop = new AbortController();
    try {
      const command = runCommand(["sh", "-c", "echo $$ > pid; while :; do :; done"], {
        ...common,
        cwd: directory,
        signal: stop.signal,
      });
      const pid = await writtenPid(join(directory, "pid"));
      stop.abort();

      await expect(command).rejects.toMatchObject({ code: "cancelled", reason: "POWER_COMMAND_STOPPED" });
      expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    } finally {
      stop.abort();
      await rm(directory, { recursive: true });
    }
  });
});

async function writtenPid(file: string): Promise<number> {
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text.endsWith("\n")) return Number(text);
    await passed(5);
  }
}
