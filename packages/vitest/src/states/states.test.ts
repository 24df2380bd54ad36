import { describe, expect, it } from "vitest";

import { runNested } from "../../test/nested-run.ts";

/** What happened from a test's own mark to the next one's. */
const after = (lines: readonly string[], mark: string): readonly string[] => {
  const start = lines.indexOf(`# ${mark}`);
  const end = lines.findIndex((line, index) => index > start && line.startsWith("#"));
  return start < 0 ? [] : lines.slice(start + 1, end < 0 ? undefined : end);
};

describe("tests of a device with states", () => {
  it("leave it in its state for the next one, and safe after everything else", async () => {
    await using run = await runNested({ files: ["states"] });
    await run.exited;
    const lines = await run.lines();

    expect(after(lines, "first")).toEqual(["off", "on"]);
    expect(after(lines, "second")).toEqual(["attached"]);
    // Failed: switched off at once.
    expect(after(lines, "third")).toEqual(["attached", "off"]);
    // Switched off once more before a test that knows no states.
    expect(after(lines, "fourth")).toEqual(["off", "on", "off"]);
    expect(after(lines, "fifth")).toEqual(["off"]);
    expect(after(lines, "sixth")).toEqual(["off", "on", "off", "on", "off", "closed"]);
    expect(run.output()).toMatch(/Tests +1 failed \| 5 passed/);
  });

  it("leave it in its state for the next file", async () => {
    await using run = await runNested({ files: ["states", "states-next"], args: ["--sequence.shuffle.files=false"] });
    await run.exited;
    const lines = await run.lines();

    expect(lines.filter((line) => line.startsWith("exporter"))).toHaveLength(1);
    const last = lines.indexOf("# another file") > lines.indexOf("# first") ? "another file" : "first";
    expect(after(lines, last)[0]).toBe("attached");
    expect(lines.at(-1)).toBe("closed");
    expect(lines.at(-2)).toBe("off");
  });

  it("leave it safe when none asks for it for a while", async () => {
    await using run = await runNested({
      files: ["states-next"],
      env: { RAIL_IDLES: "1", NESTED_CONFIG: JSON.stringify({ jumpstarter: { timeouts: { idle: "100ms" } } }) },
    });
    await run.endsWith(0);

    expect(await run.lines()).toContain("# it is off");
  });

  it("leave it safe when their worker dies", async () => {
    await using run = await runNested({ files: ["states-dying"] });
    await run.exited;

    expect((await run.lines()).slice(-2)).toEqual(["off", "closed"]);
  });

  it("go on with another exporter when theirs has ended meanwhile", async () => {
    await using run = await runNested({ files: ["states-lost"] });
    await run.endsWith(0);

    expect(after(await run.lines(), "anew")).toEqual(expect.arrayContaining(["off", "on"]));
    expect((await run.lines()).slice(-2)).toEqual(["off", "closed"]);
  });

  it.each(["SIGINT", "SIGKILL"] as const)(
    "leave it safe when the run is ended by %s while nobody has it",
    async (signal) => {
      await using run = await runNested({
        files: ["states-lost"],
        args: ["--testTimeout=60000"],
        env: { RAIL_WAITS: "1" },
      });
      await run.line("# left on");
      process.kill(run.pid, signal);

      await run.line("closed");
      expect((await run.lines()).slice(-2)).toEqual(["off", "closed"]);
    },
  );

  it("say which transition broke, and that it was tried twice", async () => {
    await using run = await runNested({ files: ["states-next"], env: { RAIL_BREAKS: "1" } });
    await run.endsWith(1);

    expect(run.output()).toContain(
      'the device did not reach "banner", twice: it failed at off → banner: the transition is broken',
    );
    expect(run.output()).toMatch(/DUT +rail/);
  });
});
