import { existsSync, readFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createBenchDirectory, type BenchDirectory } from "../../packages/cli/test/bench-config.ts";
import { bin } from "../../packages/cli/test/run-command.ts";
import { root } from "../../scripts/step.ts";
import { hasTmux, openTerminal, type Terminal } from "./tmux.ts";

let bench: BenchDirectory;

beforeAll(() => {
  bench = createBenchDirectory();
});

afterAll(() => bench[Symbol.dispose]());

/** A person at a terminal, in the shell that `jmp shell` opens. */
async function openShell(): Promise<Terminal> {
  const terminal = openTerminal({
    command: ["bash", "--norc", "--noprofile"],
    cwd: root,
    env: {
      PATH: `${bin}:${process.env["PATH"]}`,
      SHELL: "/bin/bash",
      PS1: "outside> ",
      BASH_SILENCE_DEPRECATION_WARNING: "1",
    },
  });
  await terminal.shows(/outside>|bash-\d.*\$/);
  terminal.type(`jmp --log-level ERROR shell --exporter-config ${bench.config}`);
  terminal.press("Enter");
  await terminal.shows(/⚡local ➤/);
  return terminal;
}

describe.skipIf(!hasTmux)("at a terminal (needs tmux)", () => {
  it("shows where the shell is connected to, and Ctrl+C ends what runs in it, not the shell", async () => {
    using terminal = await openShell();

    terminal.type("j power read -n 0 -i 0.05");
    terminal.press("Enter");
    await terminal.shows(/voltage=5\.0 V/);
    terminal.press("C-c");
    terminal.type("echo code $?");
    terminal.press("Enter");
    await terminal.shows(/^code 2$/m);
    terminal.type("exit 4");
    terminal.press("Enter");
    terminal.type("echo outer $?");
    terminal.press("Enter");

    await terminal.shows(/^outer 4$/m);
    expect(terminal.screen()).not.toContain("Error:");
  });

  it("is a console: every key reaches the device, also Ctrl+C and after a resize, until three Ctrl-B", async () => {
    using terminal = await openShell();
    const transcript = bench.file("transcript");

    terminal.type(`j console --transcript ${transcript}`);
    terminal.press("Enter");
    await terminal.shows(/Press Ctrl-B three times to leave/);
    terminal.type("uname");
    // The port answers with what is typed; nothing else would show it, for the terminal itself echoes nothing.
    await terminal.shows(/^uname$/m);
    terminal.resize(60, 20);
    terminal.press("C-c");
    terminal.type(" -a");
    await terminal.shows(/^uname -a$/m);
    terminal.press("C-b", "C-b", "C-b");
    await terminal.shows(/⚡local ➤\s*$/);

    // The port's answer to the first two may come after the end.
    expect(readFileSync(transcript, "latin1").replaceAll("\u0002", "")).toBe("uname\u0003 -a");
    terminal.type("echo still $((40+2))");
    terminal.press("Enter");
    await terminal.shows(/^still 42$/m);
  });

  it("completes commands, devices, aliases and files", async () => {
    using terminal = await openShell();

    terminal.type(`eval "$(jmp completion bash)"`);
    terminal.press("Enter");
    terminal.type("j pow");
    terminal.press("Tab");
    terminal.type("of");
    terminal.press("Tab");
    await terminal.shows(/j power off/);
    terminal.press("C-u");
    terminal.type("jmp conf");
    terminal.press("Tab");
    terminal.type("cl");
    terminal.press("Tab");
    terminal.type("us");
    terminal.press("Tab");
    await terminal.shows(/jmp config client use/);
    terminal.press("C-u");
    terminal.type(`j flasher flash ${bench.path}/ben`);
    terminal.press("Tab");

    await terminal.shows(/bench\.yaml/);
    expect(terminal.screen()).not.toContain("__files__");
  });

  it("draws a progress bar over itself while an image is flashed, and colours an error", async () => {
    using terminal = await openShell();
    const image = bench.file("image.bin", "x".repeat(8 * 1024 * 1024));

    terminal.type(`j flasher flash ${image}; j flasher flsh`);
    terminal.press("Enter");

    await terminal.shows(/^flash 100% \[=+\] 8\.0\/8\.0 MiB {2}[\d.]+ MiB\/s {2}\d:\d\d in all$/m);
    await terminal.shows(/Error: j flasher has no command "flsh"; did you mean "flash"\?/);
    expect(terminal.screen().match(/100%/g)).toHaveLength(1);
  });
});

const otherShells = [
  ["zsh", ["-f"], 'autoload -U compinit; compinit -u -D; eval "$(jmp completion zsh)"; PS1="ready> "'],
  ["fish", ["--no-config"], "jmp completion fish | source; function fish_prompt; echo 'ready> '; end"],
] as const;

describe.each(otherShells)("at a terminal with %s (needs it, and tmux)", (shell, args, setUp) => {
  it.skipIf(!hasTmux || !existsSync(`/usr/bin/${shell}`))("completes commands and files", async () => {
    using terminal = openTerminal({
      command: [shell, ...args],
      cwd: root,
      env: { PATH: `${bin}:${process.env["PATH"]}`, HOME: bench.path },
    });
    // A prompt, whatever it looks like.
    await terminal.shows(/\S/);
    terminal.type(setUp);
    terminal.press("Enter");
    await terminal.shows(/^ready>/m);

    for (const word of ["jmp conf", "cl", "us"]) {
      terminal.type(word);
      terminal.press("Tab");
    }
    await terminal.shows(/jmp config client use/);
    terminal.press("C-u");
    terminal.type(`jmp shell --exporter-config ${bench.path}/ben`);
    terminal.press("Tab");

    await terminal.shows(/bench\.yaml/);
    expect(terminal.screen()).not.toContain("__files__");
  });
});
