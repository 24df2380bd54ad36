import { describe, expect, it } from "vitest";

import { createRecorder } from "./recorder.ts";
import { formatWaitReport } from "./wait-report.ts";
import { ConsoleWaitError } from "./wait-error.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Event {
  readonly at: number;
  readonly push?: string;
  readonly note?: string;
}

/** The failure of a wait after these events, on a clock that stands where the last of them left it. */
async function failureAfter(
  events: readonly Event[],
  pattern: string | RegExp,
  endAt = 30_000,
): Promise<ConsoleWaitError> {
  let now = 0;
  const recorder = createRecorder({ now: () => now });
  const console = recorder.console();
  console.mark("power-on");
  for (const { at, push, note } of events) {
    now = at;
    if (push !== undefined) recorder.push(bytes(push));
    if (note !== undefined) recorder.note(note);
  }
  now = endAt;
  const error: unknown = await console
    .waitFor(pattern, { since: "power-on", timeout: 0 })
    .catch((thrown: unknown) => thrown);
  if (error instanceof ConsoleWaitError) return error;
  throw new Error("the wait did not fail as a wait does", { cause: error });
}

describe("the message of a failed wait", () => {
  it("is complete by itself", async () => {
    const error = await failureAfter(
      [
        { at: 0, note: "power on" },
        { at: 6280, push: "[    6.281100] random: crng init done\r\n" },
        { at: 6310, push: "Welcome to \u001B[1mBuildroot\u001B[0m\r\n" },
        { at: 6400, push: "buildroot logi" },
        { at: 6500, note: "power off" },
      ],
      "buildroot login:",
    );

    expect(error.message).toBe(
      [
        'console did not emit "buildroot login:" within 0ms',
        '  Waited    from mark "power-on" (t=0.000) to t=30.000, 83 bytes, 3 lines; last byte at t=6.400',
        "  Meanwhile power on at t=0.000  ·  power off at t=6.500",
        '  Nearest   t=6.400  "buildroot logi"   (line incomplete: matches 14 of 16 characters)',
        "  Last lines",
        "    t=6.280  [    6.281100] random: crng init done",
        "    t=6.310  Welcome to Buildroot",
        "  ▸ t=6.400  buildroot logi",
      ].join("\n"),
    );
  });

  it("holds the same as data", async () => {
    const error = await failureAfter([{ at: 10, push: "Login: \n" }], /login: $/, 20);

    expect(error.wait).toMatchObject({
      patterns: ["/login: $/"],
      since: { label: 'mark "power-on"', offset: 0, at: 0 },
      endedAt: 20,
      bytes: 8,
      lines: 1,
      lastByteAt: 10,
      nearest: [{ at: 10, line: "Login: ", explanation: "matches but for upper and lower case" }],
      lastLines: [{ at: 10, text: "Login: ", isNearest: true }],
    });
  });

  it.each([
    ["temp={celsius:float} C", "temp=hot C\n", /matches as far as \/temp=\//],
    [/version (\d+)\.(\d+)/, "version 7\n", /matches as far as/],
    [/ready|login:/, "log\nlogin\n", /"login" {3}\(matches as far as \/login\/\)/],
  ])("shows how far %s matched", async (pattern, said, expected) => {
    const error = await failureAfter([{ at: 5, push: said }], pattern);

    expect(error.message).toMatch(expected);
  });

  it("says that nothing came", async () => {
    const error = await failureAfter([], "login:");

    expect(error.message).toContain("0 bytes: nothing ever came");
  });

  it("says that the match came before the wait looks", async () => {
    const recorder = createRecorder();
    recorder.push(bytes("login: \n"));

    const wait = recorder.console().waitFor("login:", { timeout: 0 });

    await expect(wait).rejects.toThrow(/matches, but came before the wait looks/);
  });

  it("says that bytes it would have looked at were dropped", async () => {
    const recorder = createRecorder({ maxBytes: 100_000 });
    for (let count = 0; count < 1000; count++) recorder.push(bytes(`line ${count} ${"x".repeat(490)}\n`), count * 10);

    const wait = recorder.console().waitFor("line 5 ", { since: "start", timeout: 0 });

    await expect(wait).rejects.toThrow(/Dropped {3}the oldest \d+ \d+ bytes of these were no longer kept \(maxBytes\)/);
  });

  it("takes rows from those who know more", async () => {
    const { wait } = await failureAfter([], "ok");

    const text = formatWaitReport(wait, { above: [["DUT", "uno-3"]], below: [["Trace", "trace.zip"]] });

    expect(text.split("\n")[1]).toBe("  DUT       uno-3");
    expect(text.split("\n").at(-1)).toBe("  Trace     trace.zip");
  });
});
