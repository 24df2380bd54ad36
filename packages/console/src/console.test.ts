import { isJumpstarterError, type ConsoleWaits } from "@jumpstarter-ts/core";
import { afterEach, describe, expect, expectTypeOf, it, vi } from "vitest";

import { createRecorder } from "./recorder.ts";
import { ConsoleWaitError } from "./wait-error.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The error of a wait that has to fail. */
async function failureOf(wait: Promise<unknown>): Promise<ConsoleWaitError> {
  const error = await wait.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ConsoleWaitError) return error;
  throw new Error("the wait did not fail as a wait does", { cause: error });
}

describe("a console", () => {
  it("matches text that came before anyone waited for it", async () => {
    const recorder = createRecorder();
    const console = recorder.console();
    recorder.push(bytes("U-Boot 2026.01\r\nlogin: "));

    const { text, line } = await console.waitFor(/login: $/);

    expect({ text, line }).toEqual({ text: "login: ", line: "login: " });
  });

  it("types what a template captures", async () => {
    const recorder = createRecorder();
    const console = recorder.console();
    recorder.push(bytes("U-Boot 2026.01 (Jan 05 2026)\ntemp=-41.5 n=7 state=idle now\n"));

    const banner = await console.waitFor("U-Boot {version} ({date})");
    const state = await console.waitFor("temp={celsius:float} n={count:int} state={state:word} {rest:line}");

    expect(banner).toMatchObject({ version: "2026.01", date: "Jan 05 2026", start: 0, end: 28 });
    expect(state).toMatchObject({ celsius: -41.5, count: 7, state: "idle", rest: "now" });
    expectTypeOf(banner.version).toEqualTypeOf<string>();
    expectTypeOf(state.celsius).toEqualTypeOf<number>();
  });

  it("gives the groups of a regular expression by name and by number", async () => {
    const recorder = createRecorder();
    const console = recorder.console();
    recorder.push(bytes("rev=12 ok\r\n"));

    const match = await console.waitFor(/rev=(?<revision>\d+) (\w+)/);

    expect(match.revision).toBe("12");
    expect(match.groups).toEqual(["12", "ok"]);
  });

  it("takes a number only when its last digit has come", async () => {
    const recorder = createRecorder();
    const found = recorder.console().waitFor("temp={celsius:int}");
    recorder.push(bytes("temp=2"));
    recorder.push(bytes("5\n"));

    expect((await found).celsius).toBe(25);
  });

  it("says when the chunk came that completed a match", async () => {
    const recorder = createRecorder({ now: () => 1000 });
    const console = recorder.console();
    recorder.push(bytes("lo"), 1010);
    recorder.push(bytes("gin: "), 1020);

    expect((await console.waitFor("login:")).at).toBe(1020);
  });

  it("looks on behind its last match, and never takes anything from another console", async () => {
    const recorder = createRecorder();
    const one = recorder.console();
    const other = recorder.console();
    recorder.push(bytes("=> version\nU-Boot\n=> "));

    const starts = [await one.waitFor("=> "), await one.waitFor("=> "), await other.waitFor("=> ")];

    expect(starts.map((match) => match.start)).toEqual([0, 18, 0]);
  });

  it("starts with what comes after it was made, unless told where to look from", async () => {
    const recorder = createRecorder();
    recorder.push(bytes("ready one\n"));
    const attempt = recorder.console();
    recorder.mark("power-on");
    recorder.push(bytes("ready two\n"));

    const words = [
      await attempt.waitFor("ready {which}"),
      await attempt.waitFor("ready {which}", { since: "start" }),
      await attempt.waitFor("ready {which}", { since: "power-on" }),
    ];

    expect(words.map((match) => match.which)).toEqual(["two", "one", "two"]);
  });

  it("says which of several patterns came first", async () => {
    const recorder = createRecorder();
    const console = recorder.console();
    const first = console.race({ ok: "temp={celsius:float}", bad: /command not found/ });
    recorder.push(bytes("sh: temp: command not found\n"));

    const { which, match } = await first;

    expect(which).toBe("bad");
    expect(match.text).toBe("command not found");
  });

  it("waits for several patterns in order", async () => {
    const recorder = createRecorder();
    const console = recorder.console();
    const matches = console.waitForInOrder([/rollback/, "slot {slot:word}", /login: $/]);
    recorder.push(bytes("slot B failed, rollback\nbooting slot A\nlogin: "));

    expect((await matches).map((match) => match.text)).toEqual(["rollback", "slot A", "login: "]);
  });

  it("fails at once on what must not come, not when the time is over", async () => {
    const recorder = createRecorder({ failOn: /Kernel panic.*/ });
    const wait = recorder.console().waitFor(/login:/, { timeout: "1h" });
    recorder.push(bytes("Kernel panic - not syncing: no init\n"));

    const error = await failureOf(wait);

    expect(error).toMatchObject({ code: "failed-precondition", reason: "CONSOLE_FAILED_ON" });
    expect(error.message).toContain('console emitted "Kernel panic - not syncing: no init" (failOn /Kernel panic.*/)');
  });

  it("does not fail on what comes after the match", async () => {
    const recorder = createRecorder();
    const wait = recorder.console().waitFor("login:", { failOn: ["panic"] });
    recorder.push(bytes("login: panic\n"));

    expect((await wait).text).toBe("login:");
  });

  it("says so when the recording ends, and why", async () => {
    const recorder = createRecorder({ name: "serial" });
    const wait = recorder.console().waitFor("login:");
    const cause = new Error("the port was unplugged");
    recorder.push(bytes("log"));
    recorder.end(cause);

    const error = await failureOf(wait);

    expect(error).toMatchObject({ code: "unavailable", reason: "CONSOLE_ENDED", cause });
    expect(error.message).toContain('serial ended before it emitted "login:": the port was unplugged');
  });

  it("takes nothing with it when its signal cuts it short", async () => {
    const recorder = createRecorder();
    const console = recorder.console();
    const stop = new AbortController();
    const wait = console.waitFor("login:", { signal: stop.signal });
    recorder.push(bytes("log"));
    stop.abort(new Error("the test is over"));

    expect(await failureOf(wait)).toMatchObject({ code: "cancelled", reason: "CONSOLE_WAIT_CANCELLED" });
    recorder.push(bytes("in: "));
    expect((await console.waitFor("login:")).start).toBe(0);
  });

  it("takes the time limit of a signal for a deadline", async () => {
    const wait = createRecorder()
      .console()
      .waitFor("login:", { signal: AbortSignal.timeout(1) });

    expect(await failureOf(wait)).toMatchObject({ code: "deadline-exceeded", reason: "CONSOLE_NO_MATCH" });
  });

  it("looks once at what is there when it may not wait", async () => {
    const recorder = createRecorder({ settle: "1h" });
    const console = recorder.console();
    recorder.push(bytes("temp=25"));

    expect((await console.waitFor("temp={celsius:int}", { timeout: 0 })).celsius).toBe(25);
  });

  it("knows that what must not come did not come", async () => {
    const recorder = createRecorder();
    const console = recorder.console();
    const absence = console.expectAbsence(/error/, { during: 1 });
    recorder.push(bytes("fine\n"));

    await expect(absence).resolves.toBeUndefined();
  });

  it("fails as soon as what must not come is there", async () => {
    const recorder = createRecorder();
    const absence = recorder.console().expectAbsence(/error \d+/, { during: "1h" });
    recorder.push(bytes("error 7\n"));

    expect(await failureOf(absence)).toMatchObject({ reason: "CONSOLE_UNWANTED_MATCH" });
  });

  it("waits for silence, and fails the one that should be silent and is not", async () => {
    const recorder = createRecorder();
    const console = recorder.console();
    const still = failureOf(console.staySilentFor("1h"));
    const quiet = console.waitForSilence(5);
    recorder.push(bytes("noise"));

    await expect(quiet).resolves.toBeUndefined();
    expect(await still).toMatchObject({ reason: "CONSOLE_NOT_SILENT" });
    await expect(console.staySilentFor(1)).resolves.toBeUndefined();
  });

  it("gives up on silence when the device never stops", async () => {
    const recorder = createRecorder();

    const error = await failureOf(recorder.console().waitForSilence("1h", { timeout: 1 }));

    expect(error).toMatchObject({ reason: "CONSOLE_NO_MATCH" });
    expect(error.message).toContain("console did not fall silent for 60m within 1ms");
  });

  it("names the marks there are when one is unknown", async () => {
    const recorder = createRecorder();
    recorder.mark("power-on");
    const console = recorder.console();
    console.mark("login");

    await expect(console.waitFor("ok", { since: "power on" })).rejects.toMatchObject({
      reason: "CONSOLE_UNKNOWN_MARK",
      message: 'console has no mark "power on": there is "login", "power-on"; set it with mark("power on") first',
    });
  });

  it.each(["", "\u001B[0m", "{n:itn}", "{line}", "{a} {a}", /(?<text>a)/, /(?:)/])(
    "refuses the pattern %j",
    async (pattern) => {
      const error: unknown = await createRecorder()
        .console()
        .waitFor(pattern)
        .catch((thrown: unknown) => thrown);

      expect(isJumpstarterError(error) && error.reason).toBe("CONSOLE_BAD_PATTERN");
    },
  );

  it("takes braces that are no capture for what they are", async () => {
    const recorder = createRecorder();
    const console = recorder.console();
    recorder.push(bytes('{"state": "ok", "load": 0.5}\n'));

    expect(await console.waitFor('{"state": "{state}", "load": {load:float}}')).toMatchObject({
      state: "ok",
      load: 0.5,
    });
  });

  it("offers what core says a console offers", () => {
    expectTypeOf(createRecorder().console()).toExtend<ConsoleWaits>();
  });
});

describe("under fake timers", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("a wait still ends", async () => {
    vi.useFakeTimers();
    const recorder = createRecorder();
    recorder.push(bytes("login: "));
    const console = recorder.console({ from: recorder.beginning });

    expect((await console.waitFor(/login: $/)).text).toBe("login: ");
    expect(await failureOf(console.waitFor("never", { timeout: 1 }))).toMatchObject({ reason: "CONSOLE_NO_MATCH" });
  });
});
