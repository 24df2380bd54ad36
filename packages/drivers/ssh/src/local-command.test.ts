import { existsSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { runLocal } from "./local-command.ts";

describe.skipIf(process.platform !== "linux")("a program on this machine", () => {
  it.each([
    ["wants to end", "sleep 60 & echo $$ $!; wait"],
    ["does not want to", "trap '' TERM; sleep 60 & echo $$ $!; while :; do sleep 0.1; done"],
  ])("that %s is ended with all that it started when its time is over", async (_how, script) => {
    let said = "";
    const running = runLocal(["bash", "-c", script], { timeoutMs: 500, onOutput: ({ stdout }) => (said += stdout) });

    await expect(running).rejects.toMatchObject({ code: "deadline-exceeded" });

    const pids = said.trim().split(" ").map(Number);
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });
});

/** A process that is dead but that nobody has asked about is dead. */
function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "latin1"));
}
