import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { HookConfig } from "@jumpstarter-ts/config";
import { LogSource } from "@jumpstarter-ts/protocol";
import { describe, expect, it } from "vitest";

import type { LogRecord } from "./log-queue.ts";
import { runHook } from "./run-hook.ts";

async function openPlace() {
  const directory = await mkdtemp(join(tmpdir(), "hook-"));
  const records: LogRecord[] = [];
  const waiting = new Map<string, () => void>();
  const run = (hook: Partial<HookConfig> & { script: string }, signal = new AbortController().signal) =>
    runHook({
      name: "beforeLease",
      hook: { exec: undefined, timeoutS: 20, onFailure: "warn", ...hook },
      surroundings: {
        env: { ...process.env, PS1: "$ ", KEPT: "yes" },
        hookHost: "/run/hook",
        leaseName: "lease-1",
        clientName: "alice",
      },
      directories: [directory],
      cwd: directory,
      log(record) {
        records.push(record);
        waiting.get(record.message)?.();
      },
      signal,
      killAfterMs: 200,
    });
  return {
    directory,
    run,
    records,
    lines: () => records.map(({ message }) => message),
    /** Resolves when the hook says so. */
    said(line: string): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.set(line, resolve);
      return promise;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Linux only. A process that is dead but that nobody has asked about is dead. */
const isAlive = (pid: number): boolean => {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8"));
};

describe("a hook", () => {
  it("runs on a terminal, in the environment of the exporter and of its lease", async () => {
    await using place = await openPlace();

    const result = await place.run({
      script:
        'test -t 0 && test -t 1 && test -t 2 && echo terminal\necho "$JUMPSTARTER_HOST $JMP_DRIVERS_ALLOW $LEASE_NAME $CLIENT_NAME"\necho "$TERM $DEBIAN_FRONTEND $GIT_TERMINAL_PROMPT $KEPT $(env | grep -c ^PS1=)"',
    });

    expect(result).toEqual({ end: "ok" });
    expect(place.lines()).toEqual(["terminal", "/run/hook UNSAFE lease-1 alice", "dumb noninteractive 0 yes 0"]);
  });

  it("is logged line by line, with its source, without empty lines, the last one whole", async () => {
    await using place = await openPlace();

    await place.run({ script: "printf 'one\\n\\n  \\ntwo \\377 \\nthree'; echo err >&2" });

    expect(place.lines()).toEqual(["one", "two \ufffd", "threeerr"]);
    expect(place.records[0]).toMatchObject({
      severity: "INFO",
      source: LogSource.LOG_SOURCE_BEFORE_LEASE_HOOK,
      logger: "exporter:beforeLease",
    });
  });

  it("may be a file, whose name's ending tells what runs it", async () => {
    await using place = await openPlace();
    await writeFile(join(place.directory, "a.sh"), "echo shell $0");
    await writeFile(join(place.directory, "b.mjs"), "console.log('node', process.stdout.isTTY)");
    await writeFile(join(place.directory, "c.py"), "import sys; print('python', sys.stdout.isatty())");

    for (const script of ["a.sh", join(place.directory, "b.mjs"), " c.py\t"]) {
      expect(await place.run({ script })).toEqual({ end: "ok" });
    }

    expect(place.lines()).toEqual([`shell ${join(place.directory, "a.sh")}`, "node true", "python True"]);
  });

  it("may name its interpreter, whose own flag for inline text is used", async () => {
    await using place = await openPlace();

    await place.run({ script: "console.log(6 * 7)", exec: process.execPath });
    await place.run({ script: "print(6 * 7)", exec: "python3" });

    expect(place.lines()).toEqual(["42", "42"]);
  });

  it.each([
    [{ script: "exit 3" }, "exit code 3"],
    [{ script: "kill -KILL $$" }, "killed by SIGKILL"],
    [{ script: "true", exec: "/no/such/shell" }, "exit code 1"],
  ])("has failed where it says so or is killed: %j", async (hook, detail) => {
    await using place = await openPlace();

    expect(await place.run(hook)).toEqual({ end: "failed", detail });
    expect(place.records.at(-1)).toMatchObject({ severity: "ERROR", message: `beforeLease hook failed: ${detail}` });
  });

  it("that hangs is stopped after its time, with all that it has started, though it does not mind TERM", async () => {
    await using place = await openPlace();
    const child = join(place.directory, "child");

    const result = await place.run({
      script: `trap '' TERM; sh -c 'trap "" TERM HUP; echo $$ > ${child}; while :; do sleep 1; done' & echo started; while :; do sleep 1; done`,
      timeoutS: 1,
    });

    expect(result).toEqual({ end: "failed", detail: "it was stopped after its 1 s" });
    const pid = Number(await readFile(child, "utf8"));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("may tidy up when it is asked to end", async () => {
    await using place = await openPlace();
    const stop = new AbortController();
    const started = place.said("started");

    const result = place.run(
      { script: "trap 'echo tidy; exit 0' TERM; echo started; while :; do sleep 0.05; done" },
      stop.signal,
    );
    await started;
    stop.abort();

    expect(await result).toEqual({ end: "stopped" });
    expect(place.lines()).toContain("tidy");
  });

  it("does not start where it is to stop already", async () => {
    await using place = await openPlace();

    expect(await place.run({ script: "echo started" }, AbortSignal.abort())).toEqual({ end: "stopped" });
    expect(place.lines()).toEqual([]);
  });

  it("is not waited for by what it leaves running in the background", async () => {
    await using place = await openPlace();

    expect(await place.run({ script: "sleep 30 & echo left" })).toEqual({ end: "ok" });
    expect(place.lines()).toEqual(["left"]);
  });

  it("whose script cannot be read has failed", async () => {
    await using place = await openPlace();
    const script = join(place.directory, "secret.sh");
    await writeFile(script, "echo hello");
    await chmod(script, 0o000);
    const isRoot = process.getuid?.() === 0;

    // Root reads everything.
    expect((await place.run({ script })).end).toBe(isRoot ? "ok" : "failed");
  });
});
