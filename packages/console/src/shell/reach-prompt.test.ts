import { describe, expect, it } from "vitest";

import { createRecorder } from "../recorder.ts";
import { openShell, type ShellConsole } from "./shell.ts";

/** A device that says what its script says to each line it is sent. */
function device(greeting: string, reply: (line: string) => string) {
  const recorder = createRecorder({ settle: 5 });
  const lines: string[] = [];
  const say = (text: string): void => recorder.push(new TextEncoder().encode(text));
  const console: ShellConsole = {
    ...recorder.console(),
    async send(text) {
      for (const line of text.split("\n").slice(0, -1)) {
        lines.push(line);
        say(reply(line));
      }
    },
  };
  if (greeting !== "") say(greeting);
  return { console, lines, say };
}

/** What a POSIX shell answers to the lines that make it ours. */
function posix(line: string): string {
  const setUp = /PS1='(.*?)''(.*?)'; .*; echo (\S+):\$\(\(40\+2\)\)$/.exec(line);
  return setUp === null ? "" : `${line}\r\n${setUp[3]}:42\r\n${setUp[1]}${setUp[2]}`;
}

const failureOf = (result: Promise<unknown>): Promise<unknown> => result.then(String, (error: unknown) => error);

describe("reaching a shell", () => {
  it("logs in with a password", async () => {
    const { console, lines } = device("Debian 13 board ttyAMA0\r\n\r\nboard login: ", (line) => {
      if (line === "root") return "root\r\nPassword: ";
      if (line === "secret") return "\r\nLast login: today\r\nroot@board:~# ";
      return posix(line);
    });

    await using _shell = await openShell(console, { login: { user: "root", password: "secret" } });

    expect(lines.slice(0, 2)).toEqual(["root", "secret"]);
  });

  it("logs in without a password while the kernel goes on talking", async () => {
    const { console, lines } = device("board login: [    2.345678] usb 1-1: new device\r\n", (line) =>
      line === "root" ? "root\r\n[    2.500000] random: crng init done\r\n~ # " : posix(line),
    );

    await using _shell = await openShell(console, { login: { user: "root" } });

    expect(lines[0]).toBe("root");
  });

  it("sees a prompt although the kernel writes before and behind its blank", async () => {
    const kernel = "[    2.500000] random: crng init done\r\n";
    const { console, lines } = device(`~ #${kernel} ${kernel}`, posix);

    await using _shell = await openShell(console, { nudgeAfter: "1h" });

    expect(lines).toHaveLength(1);
  });

  it("sends nothing into a boot that is under way", async () => {
    const { console, lines, say } = device("U-Boot 2026.01\r\nHit any key to stop autoboot:  2 ", (line) =>
      line === "root" ? "root\r\n# " : posix(line),
    );
    const opening = openShell(console, { login: { user: "root" }, nudgeAfter: "1h" });
    for (const text of ["\b\b 1 ", "\b\b 0 \r\n", "[    0.000000] Booting Linux\r\n", "buildroot login: "]) say(text);

    await using _shell = await opening;

    expect(lines[0]).toBe("root");
  });

  it("takes a shell that is logged in already, and asks it to show itself", async () => {
    const { console, lines } = device("", (line) => (line === "" ? "\r\n# " : posix(line)));

    await using _shell = await openShell(console, { login: { user: "root" }, nudgeAfter: 0 });

    expect(lines[0]).toBe("");
  });

  it("is not misled by what only looks like a prompt", async () => {
    let isUp = false;
    const { console, say } = device("Loading #", (line) => (isUp ? posix(line) : ""));
    const opening = openShell(console, { nudgeAfter: "1h", timeout: "30s" });
    isUp = true;
    say("\r\nready\r\n# ");

    await using _shell = await opening;

    expect(isUp).toBe(true);
  });

  it.each([
    [{}, "board login: ", "SHELL_LOGIN_FAILED", "none was given"],
    [{ login: { user: "root" } }, "board login: ", "SHELL_LOGIN_FAILED", "asks for the password of root"],
    [
      { login: { user: "root", password: "wrong" } },
      "board login: ",
      "SHELL_LOGIN_FAILED",
      "refused the login of root three times",
    ],
    [{ timeout: 20 }, "nothing to see\r\n", "SHELL_NOT_REACHED", "no shell that answers"],
    [{ timeout: 20, prompt: /=> $/ }, "nothing to see\r\n", "SHELL_NOT_REACHED", "no prompt /=> $/"],
    [{}, "[    1.000000] Kernel panic - not syncing: no init\r\n", "CONSOLE_FAILED_ON", "no init"],
  ] as const)("says why there is no shell: %j after %j", async (options, greeting, reason, sentence) => {
    const { console, say } = device(greeting, (line) => {
      if (line === "root") return "root\r\nPassword: ";
      return line === "wrong" ? "\r\nLogin incorrect\r\nboard login: " : "";
    });
    const opening = failureOf("prompt" in options ? openShell(console, options) : openShell(console, options));
    if (greeting.startsWith("[")) say(greeting);

    expect(await opening).toMatchObject({ reason, message: expect.stringContaining(sentence) });
  });

  it("tells no password", async () => {
    const { console } = device("login: ", (line) => (line === "root" ? "Password: " : "Login incorrect\r\nlogin: "));

    const error = await failureOf(openShell(console, { login: { user: "root", password: "hunter2" } }));

    expect(String(error)).not.toContain("hunter2");
  });
});

describe("a shell that has ended", () => {
  it("says that the console asks for a login again", async () => {
    let prompt = "# ";
    const { console } = device("# ", (line) => {
      const said = posix(line);
      if (said !== "") return said;
      return line.includes("exit 1") || line === "" ? "\r\nboard login: " : prompt;
    });
    const { send } = console;
    // Ctrl-C makes a login prompt anew, too.
    console.send = (text) => send(text.replace("\u0003", "\n"));
    await using shell = await openShell(console);
    prompt = "";

    const error = await failureOf(shell.run("exit 1", { timeout: 50 }));

    expect(error).toMatchObject({ reason: "SHELL_BROKEN", message: expect.stringContaining("asks for a login") });
  });
});

describe("a prompt that is no POSIX shell", () => {
  /** As U-Boot with its hush parser. */
  const uboot = (line: string): string => {
    const said = line
      .split("; ")
      .map((command) => command.replace(/^echo /, "").replaceAll("$?", "0"))
      .map((text) => (text.startsWith("#") ? "" : `${text}\r\n`));
    return `${line}\r\n${said.join("")}=> `;
  };

  it("gives output and exit codes where there are some", async () => {
    const { console } = device("=> ", uboot);

    await using shell = await openShell(console, { prompt: /^=> / });

    expect(await shell.run("U-Boot 2026.01")).toEqual({ stdout: "U-Boot 2026.01", exitCode: 0 });
  });

  it("gives the output alone where there are none", async () => {
    const { console } = device("ROM> ", (line) => `${line}\r\n${line === "version" ? "1.2\r\n" : "?\r\n"}ROM> `);

    await using shell = await openShell(console, { prompt: /ROM> $/ });

    expect(await shell.run("version")).toEqual({ stdout: "1.2", exitCode: undefined });
  });

  it.each(["", "a\nb", "x".repeat(801)])("refuses what it would not take: %j", async (command) => {
    const { console } = device("=> ", uboot);
    await using shell = await openShell(console, { prompt: /^=> / });

    expect(await failureOf(shell.run(command))).toMatchObject({ reason: "SHELL_BAD_COMMAND" });
  });
});
