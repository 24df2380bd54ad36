import { existsSync } from "node:fs";

import type { Shell } from "@jumpstarter-ts/core";
import { describe, expect, it } from "vitest";

import { openOnPty, type PtyOptions } from "../../test/shell-on-pty.ts";
import { openShell } from "./shell.ts";

const shells = {
  "busybox ash": ["busybox", "ash", "-i"],
  dash: ["dash", "-i"],
  bash: ["bash", "--norc", "-i"],
} as const;
const hasBusybox = existsSync("/usr/bin/busybox");

async function open(name: keyof typeof shells, options: PtyOptions = {}) {
  const pty = openOnPty(shells[name], options);
  try {
    const shell = await openShell(pty.console, { nudgeAfter: "100ms", timeout: "10s" });
    return {
      shell,
      ...pty,
      async [Symbol.asyncDispose]() {
        await shell[Symbol.asyncDispose]();
        await pty[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await pty[Symbol.asyncDispose]();
    throw error;
  }
}

/** What patterns for the framing are made of, which means nothing to the author of a test. */
const framing = String.raw`\d{6}`;

const failureOf = (result: Promise<unknown>): Promise<unknown> =>
  result.then(
    () => undefined,
    (error: unknown) => error,
  );

describe.each([
  "dash",
  "bash",
  ...(hasBusybox || process.env["CI"] === "true" ? ["busybox ash" as const] : []),
] as const)("a shell on a terminal: %s", (name) => {
  it("gives what a command wrote, and its exit code", async () => {
    await using opened = await open(name);

    expect(await opened.shell`echo hello; echo world >&2`).toEqual({ stdout: "hello\nworld", exitCode: 0 });
    expect(await opened.shell.run("echo no; (exit 3)", { check: false })).toEqual({ stdout: "no", exitCode: 3 });
  });

  it("takes what it is given as one argument, whatever is in it", async () => {
    await using opened = await open(name);
    const odd = ["it's", "a b", "$HOME `id` \\n", "über!", "!!", "", "tab\there", "# no comment", "*"];

    const { stdout } = await opened.shell`printf '<%s>\n' ${odd} ${42}`;

    expect(stdout.split("\n")).toEqual([...odd.map((each) => `<${each}>`), "<42>"]);
  });

  it("throws what a command said when it fails", async () => {
    await using opened = await open(name);

    const error = await failureOf(opened.shell`echo partly; cat /does/not/exist`);

    expect(error).toMatchObject({ reason: "SHELL_COMMAND_FAILED", exitCode: 1 });
    expect(error).toHaveProperty(
      "message",
      expect.stringMatching(/ended with exit code 1\n {2}Wrote\n {4}partly\n.*No such file/),
    );
  });

  it("keeps directory and variables from command to command", async () => {
    await using opened = await open(name);

    await opened.shell`cd /usr/bin`;
    await opened.shell`x=${"1 2"}`;

    expect(await opened.shell`echo "$PWD $x"`).toMatchObject({ stdout: "/usr/bin 1 2" });
  });

  it("keeps output apart that has no last line feed, or looks like a prompt or an end", async () => {
    await using opened = await open(name);

    expect(await opened.shell`printf '# '; printf '$ '`).toMatchObject({ stdout: "# $ " });
    expect(await opened.shell`true`).toEqual({ stdout: "", exitCode: 0 });
    expect(await opened.shell`echo; echo`).toMatchObject({ stdout: "\n" });
  });

  it("runs scripts of several lines, with comments and here documents", async () => {
    await using opened = await open(name);

    const { stdout } = await opened.shell.run("# a script\nfor i in 1 2; do\n\tcat <<END\nline $i\nEND\ndone # done");

    expect(stdout).toBe("line 1\nline 2");
  });

  it("runs what a shell would otherwise not take in front of something else", async () => {
    await using opened = await open(name);

    expect(await opened.shell`echo one;`).toMatchObject({ stdout: "one" });
    expect(await opened.shell.run("true &")).toMatchObject({ exitCode: 0 });
    expect(await opened.shell``).toMatchObject({ exitCode: 0 });
  });

  it("runs a command longer than the terminal's longest line", async () => {
    await using opened = await open(name);
    const long = "äbc'd!e".repeat(2_000);

    const { stdout } = await opened.shell`printf %s ${long}`;

    expect(stdout).toBe(long);
  });

  it("is not misled by the echo of a line that the terminal wraps", async () => {
    await using opened = await open(name, { columns: 20 });

    const { stdout } = await opened.shell`echo a command that is longer than twenty columns are wide`;

    expect(stdout).toBe("a command that is longer than twenty columns are wide");
  });

  it("works where nothing is echoed", async () => {
    await using opened = await open(name);
    await opened.shell`stty -echo`;

    expect(await opened.shell`echo quiet`).toMatchObject({ stdout: "quiet" });
  });

  it("says so at once when a command is not complete, and goes on", async () => {
    await using opened = await open(name);

    const error = await failureOf(opened.shell.run(`echo "unclosed`, { timeout: "1h" }));

    expect(error).toMatchObject({ code: "invalid-argument" });
    expect(await opened.shell`echo on`).toMatchObject({ stdout: "on" });
  });

  it("gives the exit code of a command that is no command", async () => {
    await using opened = await open(name);

    expect(await opened.shell.run("if then )", { check: false })).toMatchObject({ exitCode: 2 });
    expect(await opened.shell.run("\tif then )", { check: false })).toMatchObject({ exitCode: 2 });
    expect(await opened.shell.run("no-such-command", { check: false })).toMatchObject({ exitCode: 127 });
  });

  it("interrupts a command that does not end, and goes on", async () => {
    await using opened = await open(name);

    const error = await failureOf(opened.shell.run("echo started; sleep 1000", { timeout: "300ms" }));

    expect(error).toMatchObject({ code: "deadline-exceeded", reason: "SHELL_TIMEOUT" });
    expect(error).toHaveProperty("message", expect.stringMatching(/did not end within 300ms; Ctrl-C has ended it\n/));
    expect(error).toHaveProperty("message", expect.stringMatching(/Waited {4}from the command \(.* started/s));
    expect(error).not.toHaveProperty("message", expect.stringContaining(framing));
    expect(await opened.shell`echo on`).toMatchObject({ stdout: "on" });
  });

  it("says what failed a command at once, and not by what its end would have been known", async () => {
    await using opened = await open(name);

    const error = await failureOf(opened.shell.run("echo Oops; sleep 1000", { failOn: /^Oops$/ }));

    expect(error).toMatchObject({ code: "failed-precondition", reason: "CONSOLE_FAILED_ON" });
    expect(error).toHaveProperty(
      "message",
      expect.stringMatching(
        /^while "echo Oops; sleep 1000" ran: console emitted "Oops" \(failOn .*\) instead of its end\n/,
      ),
    );
  });

  it("interrupts what was left running before the next command", async () => {
    await using opened = await open(name);
    const stop = new AbortController();
    const running = failureOf(opened.shell.run("echo started; cat", { signal: stop.signal }));
    await opened.recorder.console().waitFor(/^started$/, { since: "start" });
    stop.abort(new Error("enough"));

    expect(await running).toMatchObject({ code: "cancelled" });
    expect(await opened.shell`echo on`).toMatchObject({ stdout: "on" });
  });

  it("says so when a command can neither end nor be interrupted", async () => {
    await using opened = await open(name);
    const deaf = opened.shell.run("trap '' INT; stty -isig; echo deaf; sleep 30", { timeout: "300ms" });

    const error = await failureOf(deaf);
    expect(error).toMatchObject({ reason: "SHELL_BROKEN" });
    expect(error).toHaveProperty(
      "message",
      expect.stringMatching(/did not end within 300ms, and Ctrl-C did not bring/),
    );
    expect(error).toHaveProperty("message", expect.stringMatching(/Waited {4}from the command \(.* deaf/s));
    expect(error).not.toHaveProperty("message", expect.stringContaining(framing));
    expect(await failureOf(opened.shell`echo on`)).toMatchObject({ reason: "SHELL_BROKEN" });
  }, 30_000);

  it("carries megabytes", async () => {
    await using opened = await open(name);

    const { stdout } = await opened.shell.run("seq 1 300000", { timeout: "60s" });

    expect(stdout.length).toBe(1_988_894);
    expect(stdout.slice(-13)).toBe("299999\n300000".slice(-13));
  }, 60_000);

  it("runs commands one after another that were given at once", async () => {
    await using opened = await open(name);
    const numbers = Array.from({ length: 10 }, (_, index) => index);

    const results = await Promise.all(numbers.map((each) => opened.shell`echo ${each}`));

    expect(results.map(({ stdout }) => Number(stdout))).toEqual(numbers);
  });

  it("takes a shell that another one has used", async () => {
    await using opened = await open(name);

    const second: Shell = await openShell(opened.console, { nudgeAfter: 0 });

    expect(await second`echo again`).toMatchObject({ stdout: "again" });
  });
});
