import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { JumpstarterError, silentLogger } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { isAlive } from "../test/processes.ts";
import { runCommand } from "./run-command.ts";

const common = { timeoutMs: 10_000, cwd: tmpdir(), log: silentLogger, reasonPrefix: "DFU" };

describe("a command that a driver runs", () => {
  it("gives what it printed", async () => {
    expect(await runCommand(["echo", "5 V"], common)).toBe("5 V\n");
  });

  it("that is not installed names the package that has it", async () => {
    const command = runCommand(["no-such-program"], { ...common, debianPackage: "dfu-util" });

    await expect(command).rejects.toMatchObject({
      code: "failed-precondition",
      reason: "DFU_MISSING",
      message: 'there is no program no-such-program: install it with "apt-get install dfu-util", or correct the path',
    });
  });

  it.each([
    ["exits with an error", ["sh", "-c", "echo no hub >&2; exit 3"], 'ended with 3 and said "no hub"'],
    ["is killed", ["sh", "-c", "kill -SEGV $$"], "ended with SIGSEGV and said nothing"],
    ["cannot be started", ["/etc/passwd"], "/etc/passwd cannot be started: "],
    ["prints without an end", ["yes"], "yes printed more than 1048576 bytes and was killed"],
  ])("that %s says so", async (_what, argv, sentence) => {
    await expect(runCommand(argv, common)).rejects.toMatchObject({
      code: "unavailable",
      reason: "DFU_FAILED",
      message: expect.stringContaining(sentence),
    });
  });

  it("lets its driver say what its last words mean", async () => {
    const command = runCommand(["sh", "-c", "echo half; echo no target >&2; exit 4"], {
      ...common,
      explain: ({ stdout, stderr, end }) =>
        new JumpstarterError(`${end}: ${stdout}${stderr}`, { code: "unavailable", reason: "NO_TARGET" }),
    });

    await expect(command).rejects.toMatchObject({ reason: "NO_TARGET", message: "4: half\nno target\n" });
  });

  it("does not wait for what it has put into the background", async () => {
    const pid = Number(await runCommand(["sh", "-c", "sleep 60 & echo $!"], common));
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
  });

  it("that hangs is killed, and all that it started with it", async () => {
    await using place = await directory();
    const script = "sleep 60 & echo $! > pid; wait";
    const command = runCommand(["sh", "-c", script], { ...common, cwd: place.path, timeoutMs: 500 });

    await expect(command).rejects.toMatchObject({ code: "deadline-exceeded", reason: "DFU_HUNG" });
    expect(isAlive(Number(await readFile(join(place.path, "pid"), "utf8")))).toBe(false);
  });

  it("has ended when its caller hears that it was stopped", async () => {
    await using place = await directory();
    const stop = new AbortController();
    const command = runCommand(["sh", "-c", "echo $$ > pid; while :; do :; done"], {
      ...common,
      cwd: place.path,
      signal: stop.signal,
    });
    command.catch(() => undefined);
    const pidFile = (): Promise<string> => readFile(join(place.path, "pid"), "utf8").catch(() => "");
    await expect.poll(pidFile).toMatch(/\n$/);
    const pid = Number(await pidFile());
    stop.abort();

    await expect(command).rejects.toMatchObject({ code: "cancelled", reason: "DFU_STOPPED" });
    expect(isAlive(pid)).toBe(false);
  });

  it("is not started for a caller who has left, and kills itself for one who leaves meanwhile", async () => {
    await expect(runCommand(["no-such-program"], { ...common, signal: AbortSignal.abort() })).rejects.toMatchObject({
      reason: "DFU_STOPPED",
    });
    const stop = new AbortController();
    const command = runCommand(["sleep", "60"], { ...common, signal: stop.signal });
    stop.abort();
    await expect(command).rejects.toMatchObject({ reason: "DFU_STOPPED" });
  });
});

async function directory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "jumpstarter-process-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
