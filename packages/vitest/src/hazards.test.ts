import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { goneProcess, runInTerminal, runNested, type NestedRun } from "../test/nested-run.ts";

describe("after a test that", () => {
  let run: NestedRun;
  let lines: readonly string[];
  let output: string;

  beforeAll(async () => {
    run = await runNested({ files: ["outcomes"] });
    await run.exited;
    lines = await run.lines();
    output = run.output();
  }, 60_000);
  afterAll(async () => {
    await run[Symbol.asyncDispose]();
  });

  /** What happened from a test's own mark to the next one's. */
  const during = (mark: string): readonly string[] => {
    const start = lines.findIndex((line) => line.startsWith(`# ${mark}`));
    if (start === -1) throw new Error(`nothing is marked ${mark}:\n${output}`);
    const end = lines.findIndex((line, index) => index > start && line.startsWith("#"));
    return lines.slice(start + 1, end === -1 ? undefined : end);
  };
  /** Of a test, with its text. */
  const failureOf = (test: string): string => {
    const [, text = ""] = output.split(`FAIL  hw/outcomes.hw.ts > ${test}\n`);
    return text.split("⎯⎯⎯")[0] ?? "";
  };

  it("passes, the rail is off", () => {
    expect(during("passes")).toEqual(["on", "off"]);
  });

  it("fails, the rail is off, and the failure shows device and console", () => {
    expect(during("fails")).toEqual(["on", "off"]);
    expect(failureOf("fails")).toMatch(/DUT +rail \(.*rail\.yaml\)\n +Last lines of console\n +Rail 1\.0/);
  });

  it("waits in vain, the failure has all that is known and points at the test", () => {
    expect(during("waits in vain")).toEqual(["on", "off"]);
    const failure = failureOf("waits for text that does not come");
    expect(failure).toContain('console did not emit "login:" within 200ms');
    expect(failure).toMatch(/DUT +rail/);
    expect(failure).toMatch(/Meanwhile power on at/);
    expect(failure).toMatch(/Class +DutError/);
    expect(failure).toMatch(/❯ hw\/outcomes\.hw\.ts:\d+:\d+/);
  });

  it("has fake timers, its devices have real ones (22)", () => {
    expect(during("fake timers")).toEqual(["on", "off"]);
    expect(output).toContain("✓ has fake timers");
  });

  it("throws in a fixture, what the fixture had opened is closed and the rail is off (1)", () => {
    expect(lines).toContain("half open closed by throws in a fixture");
    expect(lines.slice(lines.indexOf("half open closed by throws in a fixture"))[1]).toBe("off");
  });

  it("throws in a clean-up, the other clean-ups run, the rail is off and the test fails (2)", () => {
    expect(during("bad closing")).toEqual(["on", "first clean-up of throws in a clean-up ran", "off"]);
    expect(failureOf("throws in a clean-up")).toContain("the second clean-up is broken");
  });

  it("hangs in a clean-up, its deadline passes, the others run and the rail is off (3)", () => {
    expect(during("hanging closing").slice(0, 3)).toEqual(["on", "clean-up of hangs in a clean-up ran", "off"]);
    expect(failureOf("hangs in a clean-up")).toContain("clean-up did not finish within 100ms");
  });

  it("hangs in a fixture, what comes late is released at once (4b)", () => {
    expect(failureOf("hangs in a fixture")).toContain("the setup of late did not finish within 100ms");
    expect(lines).toContain("resource of hangs in a fixture released");
  });

  it("times out, its body reaches the device no more, and learns why (6)", () => {
    expect(during("times out").filter((line) => line === "on" || line === "off")).toEqual(["on", "off"]);
    expect(during("next").filter((line) => line === "on")).toEqual([]);
    expect(lines.find((line) => line.startsWith("late call:"))).toContain(
      'the test "hw/outcomes.hw.ts > times out" is over',
    );
  });

  it("times out while it waits for text, says for which", () => {
    const failure = failureOf("times out while it waits for text");
    expect(failure).toContain("Test timed out in 200ms");
    expect(failure).toMatch(/Waiting +in console\.waitFor\("login:"\)\n/);
    expect(failure).toContain("Last lines of console");
  });

  it("is tried again after a timeout, each attempt has a signal of its own (5)", () => {
    expect(during("attempt 1 aborted=false")).toEqual(["on", "off"]);
    expect(during("attempt 2 aborted=false").slice(0, 2)).toEqual(["on", "off"]);
    expect(output).toContain("✓ passes at the second attempt");
  });

  it("forgets to await a matcher, it has failed (11)", () => {
    expect(failureOf("forgets to await a matcher")).toContain('console did not emit "never" within 100ms');
    expect(output).toContain("✓ expects a matcher to fail");
  });

  it("is the last, no exporter is left", async () => {
    expect(lines.at(-1)).toBe("closed");
    await goneProcess(Number(lines.find((line) => line.startsWith("exporter"))?.slice("exporter ".length)));
  });
});

describe("a run", () => {
  it("pays for the exporter's start from the time for the lease, and not from the test's (4)", async () => {
    await using run = await runNested({
      files: ["next"],
      args: ["--testTimeout=300"],
      env: { RAIL_OPEN_MS: "600" },
    });

    await run.endsWith(0);

    expect(await run.lines()).toEqual([
      expect.stringMatching(/^exporter/),
      "console opened",
      "next has it",
      "on",
      "off",
      "closed",
    ]);
  });

  it("gives up an exporter that hangs while it starts, and leaves nothing of it", async () => {
    await using run = await runNested({
      files: ["next"],
      env: { RAIL_OPEN_MS: "60000", NESTED_CONFIG: JSON.stringify({ jumpstarter: { timeouts: { lease: "1s" } } }) },
    });
    const exporter = Number(await run.line("exporter"));

    await run.endsWith(1);

    expect(run.output()).toContain("the setup of the device (timeouts.lease) did not finish within 1s");
    await goneProcess(exporter);
  });

  it("has the last word where a test gives up while the rail is being switched on", async () => {
    await using run = await runNested({ files: ["next"], args: ["--testTimeout=100"], env: { RAIL_ON_MS: "300" } });

    await run.endsWith(1);

    expect(run.output()).toContain("Test timed out in 100ms");
    expect((await run.lines()).slice(-3)).toEqual(["on", "off", "closed"]);
  });

  it("refuses concurrent tests on one device, in a sentence (12)", async () => {
    await using run = await runNested({ files: ["concurrent"] });

    await run.endsWith(1);

    expect(run.output()).toContain('"on one device > would be second" cannot run while');
    expect((await run.lines()).slice(-3)).toEqual(["on", "off", "closed"]);
  });

  it("lends one device to one worker at a time, where two want it (7, 13)", async () => {
    await using run = await runNested({ files: ["next", "other"], args: ["--maxWorkers=2"] });

    await run.endsWith(0);

    const lines = await run.lines();
    expect(lines.filter((line) => line === "on" || line === "off")).toEqual(["on", "off", "on", "off"]);
  });

  it("uses two devices at the same time, from two workers (13)", async () => {
    await using run = await runNested({ project: "pair", files: ["a", "b"] });

    await run.endsWith(0);

    expect(run.output()).toContain("maxWorkers=2 for rail-a, rail-b");
    const names = (await run.lines()).flatMap((line) => /^[ab] has (.*)/.exec(line)?.[1] ?? []);
    expect(names.toSorted()).toEqual(["rail-a", "rail-b"]);
  });

  it("recovers the device of a worker that was killed, and lends it to the next (8)", async () => {
    await using run = await runNested({ files: ["hold", "waiting"], args: ["--maxWorkers=2"] });
    const worker = Number(await run.line("worker"));
    await run.line("the next is there");

    process.kill(worker, "SIGKILL");
    await run.exited;

    const lines = await run.lines();
    expect(lines.slice(lines.indexOf("the next is there") + 1)).toEqual(["off", "next has it", "on", "off", "closed"]);
  });

  it.for([
    { signal: "SIGINT", exitCode: 130 },
    { signal: "SIGTERM", exitCode: 143 },
    { signal: "SIGHUP", exitCode: 129 },
  ] as const)("ends in order at $signal: tests are aborted, the rail is off (9)", async ({ signal, exitCode }) => {
    await using run = await runNested({ files: ["hold"] });
    const worker = Number(await run.line("worker"));
    const exporter = Number(await run.line("exporter"));

    // As a terminal does it: to all processes of the group.
    process.kill(signal === "SIGTERM" ? run.pid : -run.pid, signal);

    await run.endsWith(exitCode);
    expect((await run.lines()).slice(-2)).toEqual(["off", "closed"]);
    await Promise.all([goneProcess(worker), goneProcess(exporter)]);
  });

  it("ends in order at Ctrl+C in a terminal (9)", async () => {
    await using run = await runInTerminal({ files: ["hold"] });
    const worker = Number(await run.line("worker"));
    const exporter = Number(await run.line("exporter"));

    run.press("\x03");

    await run.endsWith(130);
    expect((await run.lines()).slice(-2)).toEqual(["off", "closed"]);
    await Promise.all([goneProcess(worker), goneProcess(exporter)]);
  });

  it("ends at once at a second signal, and the exporter makes the rail safe by itself (9)", async () => {
    await using run = await runNested({ files: ["stubborn"] });
    await run.line("worker");
    const exporter = Number(await run.line("exporter"));

    process.kill(run.pid, "SIGTERM");
    await run.line("cleaning up");
    process.kill(run.pid, "SIGTERM");

    await run.endsWith(143);
    await goneProcess(exporter);
    expect((await run.lines()).slice(-2)).toEqual(["off", "closed"]);
  });

  it("starts an exporter anew that has died, and says that it was the bench's fault", async () => {
    await using run = await runNested({ files: ["dying"] });

    await run.endsWith(1);

    expect(run.output()).toMatch(
      /FAIL .* loses its exporter\nJumpstarterError: power\.on failed: .*\n(?:.*\n)*? +Class +InfraError/,
    );
    // Whichever the broker notices first: the end of the process, or of its connection.
    expect(run.output()).toMatch(/the exporter of rail ended while|power could not be put into its safe state/);
    expect(run.output()).toContain("1 passed");
    expect((await run.lines()).slice(-6)).toEqual(["off", "console opened", "# has another", "on", "off", "closed"]);
  });

  it("whose main process is killed leaves neither worker nor exporter, and the rail is off (10)", async () => {
    await using run = await runNested({ files: ["hold"] });
    const worker = Number(await run.line("worker"));
    const exporter = Number(await run.line("exporter"));

    process.kill(run.pid, "SIGKILL");

    await Promise.all([goneProcess(worker), goneProcess(exporter)]);
    expect((await run.lines()).slice(-2)).toEqual(["off", "closed"]);
  });
});
