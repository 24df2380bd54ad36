import { existsSync, readFileSync } from "node:fs";

import { serveDriver } from "@jumpstarter-ts/testkit";
import { describe, expect, it } from "vitest";

import { shell } from "./client.ts";
import { openShell } from "./driver.ts";

function openLab(methods: Readonly<Record<string, unknown>>) {
  return serveDriver(openShell, { definition: shell, options: { methods } });
}

/** Says its own pid and that of a child of it, and stays. */
const stay = 'sleep 60 & echo "$$ $!"; wait';
const pidsOf = (text: string): number[] => text.trim().split(/\s+/).map(Number);

describe("a method", () => {
  it("is ended with all that it started when its time is up", async () => {
    await using lab = await openLab({ stay: { command: stay, timeout: 0.3 } });

    const { stdout, stderr, exitCode } = await lab.client.run("stay");

    expect(exitCode).toBe(199);
    expect(stderr).toContain("stay took longer than 300ms and was ended");
    expect(pidsOf(stdout).filter(isAlive)).toEqual([]);
  });

  it("may say its last words", async () => {
    await using lab = await openLab({
      stay: { command: "trap 'echo bye; exit 1' TERM; echo hi; sleep 60 & wait", timeout: 0.3 },
    });
    await expect(lab.client.run("stay")).resolves.toMatchObject({ stdout: "hi\nbye\n", exitCode: 199 });
  });

  it("is killed when it does not want to end", { timeout: 20_000 }, async () => {
    const stubborn = `trap "" TERM; echo $$; while :; do sleep 1; done`;
    await using lab = await openLab({ stay: { command: stubborn, timeout: 0.3 } });

    const { stdout, exitCode } = await lab.client.run("stay");

    expect(exitCode).toBe(199);
    expect(pidsOf(stdout).filter(isAlive)).toEqual([]);
  });

  it("is ended when its caller leaves", async () => {
    await using lab = await openLab({ stay });
    let pids: number[] = [];

    for await (const { stdout } of lab.client.stream("stay")) {
      pids = pidsOf(stdout);
      break;
    }

    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
    expect(pids).toHaveLength(2);
  });

  it("is ended when the session ends, before the exporter says that it is closed", async () => {
    const lab = await openLab({ stay });
    const output = lab.client.stream("stay")[Symbol.asyncIterator]();
    const first = await output.next();

    await lab.exporter.close();

    const pids = pidsOf(first.done === true ? "" : first.value.stdout);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(pids).toHaveLength(2);
    await lab[Symbol.asyncDispose]();
  });
});

/** A process that is dead but that nobody has asked about is dead. Linux only. */
function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8"));
}
