import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, stat, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { text } from "node:stream/consumers";

import { clock } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { isAlive, pidsOf, startHost, stay } from "../test/processes.ts";
import { startFailure } from "./start-failure.ts";
import { startProcess, type GuardedProcess } from "./start-process.ts";

const cwd = "/";
/** Says its pid, and wants to stay. */
const stubborn = ["bash", "-c", `trap "" TERM; echo $$; while :; do sleep 0.1; done`];

async function firstPids({ stdout }: GuardedProcess): Promise<number[]> {
  const [chunk] = await once(stdout, "data");
  return pidsOf(String(chunk));
}

describe("a program", () => {
  it("has nothing to read, its own directory and variables, and tells how it ended", async () => {
    const script = 'cat; pwd; echo "$LEVEL"; echo careful >&2; exit 3';
    const process = await startProcess(["/bin/sh", "-c", script], {
      cwd: "/usr",
      env: { LEVEL: "2", GONE: undefined },
    });

    expect(await Promise.all([text(process.stdout), text(process.stderr)])).toEqual(["/usr\n2\n", "careful\n"]);
    expect(await process.exited).toEqual({ code: 3, signal: null });
    expect(process.hasExited()).toBe(true);
  });

  it("has sockets that both ends write to", async () => {
    const script = "read -r line <&3; echo $line back >&3; read -r line <&4; echo $line too >&4";
    const process = await startProcess(["sh", "-c", script], { cwd, socketCount: 2 });
    const heard = process.sockets.map((socket) => text(socket));

    for (const [index, line] of ["there and\n", "that\n"].entries()) process.sockets[index]?.write(line);

    expect(await Promise.all(heard)).toEqual(["there and back\n", "that too\n"]);
    await process.exited;
  });

  it("is held up until somebody reads what it says", async () => {
    const process = await startProcess(["sh", "-c", "head -c 1000000 /dev/zero; echo through >&2"], { cwd });
    const heard: string[] = [];
    process.stderr.on("data", (chunk) => heard.push(String(chunk)));
    await stalled(process.pid);

    expect(heard).toEqual([]);
    process.stdout.resume();

    await process.exited;
    await expect.poll(() => heard).toEqual(["through\n"]);
  });

  it("is ended with all that it started, without waiting longer than it takes", async () => {
    const process = await startProcess(stay, { cwd });
    const pids = await firstPids(process);
    const startedAt = clock.now();

    const end = await process.stop();

    expect(end).toEqual({ code: null, signal: "SIGTERM" });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(pids).toHaveLength(2);
    expect(clock.now() - startedAt).toBeLessThan(4_000);
  });

  it("is killed where it does not want to end, at once where somebody has less patience", async () => {
    const process = await startProcess(stubborn, { cwd });
    const pids = await firstPids(process);

    const patient = process.stop({ graceMs: 60_000 });
    const impatient = process.stop({ graceMs: 100 });

    const killed = { code: null, signal: "SIGKILL" };
    expect(await Promise.all([patient, impatient])).toEqual([killed, killed]);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("is left alone with its background once it has ended by itself", async () => {
    const process = await startProcess(["sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"], { cwd });
    const [background = 0] = await firstPids(process);
    await process.exited;

    await process.stop();

    expect(isAlive(background)).toBe(true);
    globalThis.process.kill(background, "SIGKILL");
  });

  it.each([
    ["missing", ["no-such-program"]],
    ["arguments-too-long", ["echo", "x".repeat(3_000_000)]],
    ["other", ["/etc/passwd"]],
  ])("that cannot start says that the reason is %s, and leaves no guard behind", async (expected, argv) => {
    const before = guards();
    const error: unknown = await startProcess(argv, { cwd }).catch((cause: unknown) => cause);

    expect(startFailure(error)).toBe(expected);
    expect(guards()).toEqual(before);
  });

  it("leaves no guard behind when it has ended, or was ended", async () => {
    const before = guards();
    const one = await startProcess(["true"], { cwd });
    const other = await startProcess(["sleep", "60"], { cwd });
    expect(guards().length).toBeGreaterThan(before.length);

    await Promise.all([one.exited, other.stop()]);

    expect(guards()).toEqual(before);
  });
});

describe("a program whose host", () => {
  it("is killed is ended with all that it started, and with its files", async () => {
    const directory = await mkdtemp(join(tmpdir(), "jumpstarter-process-"));
    try {
      using host = await startHost({ argv: stay, directory });
      expect(host.pids.filter(isAlive)).toHaveLength(2);

      host.kill();

      await expect.poll(() => host.pids.filter(isAlive), { timeout: 5_000 }).toEqual([]);
      // The dead count as long as the system keeps them, and the guard gives the group its grace.
      const found = (): Promise<unknown> => stat(directory).catch((error: { code: string }) => error.code);
      await expect.poll(found, { timeout: 10_000 }).toBe("ENOENT");
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it("is killed is killed, too, where it does not want to end", { timeout: 30_000 }, async () => {
    using host = await startHost({ argv: stubborn });

    host.kill();

    await expect.poll(() => host.pids.filter(isAlive), { timeout: 15_000 }).toEqual([]);
    expect(host.pids).toHaveLength(1);
  });

  it("leaves without a word is ended", async () => {
    using host = await startHost({ argv: stay, leaves: true });
    await expect.poll(() => host.pids.filter(isAlive), { timeout: 5_000 }).toEqual([]);
    expect(host.pids).toHaveLength(2);
  });
});

/** The guards that this process has started. Linux only. */
function guards(): string[] {
  const commandOf = (pid: string): string => {
    try {
      const parent = / \) | [A-Z] (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
      return parent === String(process.pid) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
    } catch {
      return "";
    }
  };
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes("\0guard\0"));
}

/** Until a program waits for somebody to read. Linux only. */
async function stalled(pid: number): Promise<void> {
  const children = (): string => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  await expect
    .poll(() => /^State:\s+S/m.test(readFileSync(`/proc/${children()}/status`, "utf8")) && writtenBy(children()))
    .toBe(true);
}

function writtenBy(pid: string): boolean {
  return Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]) > 0;
}
