import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { within } from "@jumpstarter-ts/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { goneProcess, runInTerminal, runNested, type NestedRun } from "../../packages/vitest/test/nested-run.ts";
import { processesIn } from "./hazards/processes.ts";

const needed = ["/usr/bin/qemu-system-aarch64", "/usr/bin/qemu-img", "/usr/lib/u-boot/qemu_arm64/u-boot.bin"];
const isMissing = process.env["CI"] !== "true" && !needed.every((path) => existsSync(path));

const emulator = "qemu-system-aarch64";
const project = new URL("hazards/", import.meta.url).href;

describe.skipIf(isMissing)("a virtual board, after a run", { timeout: 60_000 }, () => {
  it("that ends at Ctrl+C in a terminal, is gone with all that belonged to it", async () => {
    await using ground = await openGround();
    await using run = await runInTerminal({ project, files: ["hold"], env: ground.env });
    await run.line("worker");
    expect(ground.processes(emulator)).toHaveLength(1);

    run.press("\x03");

    await run.endsWith(130);
    expect(await ground.leftovers()).toEqual([]);
  });

  it("that ends at a second Ctrl+C, as the test does not hear the first, is gone", async () => {
    await using ground = await openGround();
    await using run = await runInTerminal({ project, files: ["stubborn"], env: ground.env });
    await run.line("worker");

    run.press("\x03");
    await run.line("asked to end");
    run.press("\x03");

    await run.endsWith(130);
    expect(await ground.leftovers()).toEqual([]);
  });

  it("that is asked to end, is gone", async () => {
    await using ground = await openGround();
    await using run = await runNested({ project, files: ["hold"], env: ground.env });
    await run.line("worker");

    process.kill(run.pid, "SIGTERM");

    await run.endsWith(143);
    expect(await ground.leftovers()).toEqual([]);
  });

  it("whose main process is killed, is gone", async () => {
    await using ground = await openGround();
    await using run = await runNested({ project, files: ["hold"], env: ground.env });
    await run.line("worker");

    process.kill(run.pid, "SIGKILL");

    await run.exited;
    expect(await ground.leftovers()).toEqual([]);
  });

  it("whose worker is killed, is gone", async () => {
    await using ground = await openGround();
    await using run = await runNested({ project, files: ["hold"], env: ground.env });
    const worker = Number(await run.line("worker"));

    process.kill(worker, "SIGKILL");

    await run.endsWith(1);
    expect(run.output()).toContain("Worker exited unexpectedly with signal SIGKILL");
    expect(await ground.leftovers()).toEqual([]);
  });

  it("whose exporter is killed, is gone, also while the test waits for nothing of it", async () => {
    await using ground = await openGround();
    await using run = await runNested({ project, files: ["hold"], env: ground.env });
    await run.line("worker");
    const [machine = 0] = ground.processes(emulator);
    const [exporter = 0] = ground.processes("host-process");

    process.kill(exporter, "SIGKILL");
    await goneProcess(machine);
    process.kill(run.pid, "SIGTERM");

    await run.endsWith(143);
    expect(await ground.leftovers()).toEqual([]);
  });
});

describe.skipIf(isMissing)("a virtual board of a test that", () => {
  let ground: Awaited<ReturnType<typeof openGround>>;
  let run: NestedRun;

  beforeAll(async () => {
    ground = await openGround();
    run = await runNested({ project, files: ["transitions", "machine"], env: ground.env });
    await run.exited;
  }, 120_000);
  afterAll(async () => {
    await run[Symbol.asyncDispose]();
    await ground[Symbol.asyncDispose]();
  });

  /** Of a test, with its text. */
  const failureOf = (test: string): string => {
    const [, text = ""] = run.output().split(new RegExp(`FAIL  hw/\\w+\\.hw\\.ts > ${test}\n`));
    return text.split("⎯⎯⎯")[0] ?? "";
  };

  it("hangs, is off in the next one", () => {
    expect(failureOf("hangs while the machine is on")).toContain("Test timed out in 3000ms");
    expect(run.output()).toContain("✓ finds the machine at rest after that");
  });

  it("waits for a transition that hangs, is told which one, and where the test asked for it", () => {
    const failure = failureOf("enters a state that hangs");
    expect(failure).toContain(
      'did not reach "nowhere", twice: it failed at off → nowhere: the transition to nowhere did not finish within 500ms',
    );
    expect(failure).toMatch(/❯ hw\/transitions\.hw\.ts:\d+:\d+/);
  });

  it("asks for a transition that throws, is told where it threw", () => {
    const failure = failureOf("enters a state that throws");
    expect(failure).toContain('did not reach "broken", twice: it failed at off → broken: the jumper is missing');
    expect(failure).toMatch(/❯ enter board\.ts:\d+:\d+/);
    expect(failure).toMatch(/❯ hw\/transitions\.hw\.ts:\d+:\d+/);
  });

  it("asks for a state that does not exist, is told which ones do", () => {
    const failure = failureOf("asks for a state that does not exist");
    expect(failure).toContain('there is no state "bootlaoder"; there is off, prompt, nowhere, broken, gone');
    expect(failure).toMatch(/❯ hw\/transitions\.hw\.ts:\d+:\d+/);
  });

  it("cannot go on in the state in which the one before has left it, goes the whole way", () => {
    expect(run.output()).toContain("✓ goes the whole way to a state that the board has left meanwhile");
    expect(run.output()).toContain("✓ is there at last");
  });

  it("loses its machine, learns it while it waits, and the next one has another", () => {
    expect(failureOf("loses its machine")).toMatch(
      /console ended before it emitted "what never comes": .*the machine is gone: qemu-system-aarch64 ended with SIGKILL while it was on/,
    );
    expect(run.output()).toContain("✓ has another machine");
  });

  it("finds its snapshot broken, is booted anew", () => {
    expect(run.output()).toContain("✓ has a board that nobody has touched though its snapshot is broken");
  });

  it("was the last, is gone with all that belonged to it", async () => {
    await run.endsWith(1);
    expect(await ground.leftovers()).toEqual([]);
  });
});

interface Ground extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** Those of the run, by a word of their command line. */
  processes(program?: string): readonly number[];
  /** The files that are there once no process of the run is. */
  leftovers(): Promise<readonly string[]>;
}

/** A directory for all that a run makes, by which its processes are known. */
async function openGround(): Promise<Ground> {
  const directory = await mkdtemp(join(tmpdir(), "hazards-"));
  const processes: Ground["processes"] = (program) => processesIn(directory, program);
  const ended = (): Promise<unknown> =>
    within(Promise.all(processes().map(goneProcess)), { timeoutMs: 20_000, what: "the end of the run's processes" });
  return {
    // What Node compiles is everybody's.
    env: { TMPDIR: directory, NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") },
    processes,
    async leftovers() {
      await ended();
      return readdir(directory);
    },
    async [Symbol.asyncDispose]() {
      for (const pid of processes()) process.kill(pid, "SIGKILL");
      await rm(directory, { recursive: true, force: true });
    },
  };
}
