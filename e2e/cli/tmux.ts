/** A real terminal for tests: a tmux server of the test's own, without anybody's configuration. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { randomBytes } from "node:crypto";

import { expect } from "vitest";

export const hasTmux = existsSync("/usr/bin/tmux");

export interface Terminal extends Disposable {
  /** Keys by tmux's names: `Enter`, `C-c`; anything else is typed as it is. */
  press(...keys: readonly string[]): void;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  /** What the screen shows, and what has scrolled off it. */
  screen(): string;
  /** Waits until the screen shows it. */
  shows(pattern: RegExp): Promise<void>;
}

export interface TerminalOptions {
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function openTerminal({ command, cwd = process.cwd(), env = {} }: TerminalOptions): Terminal {
  const server = `jumpstarter-${randomBytes(4).toString("hex")}`;
  const tmux = (...args: readonly string[]): string =>
    execFileSync("tmux", ["-L", server, ...args], { encoding: "utf8" });
  const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const { CI: _, TMUX: __, ...own } = process.env;
  execFileSync(
    "tmux",
    [
      "-L",
      server,
      "-u",
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      "-x",
      "100",
      "-y",
      "30",
      "-c",
      cwd,
      ...variables,
      ...command,
    ],
    { env: { ...own, LC_ALL: "C.UTF-8", ...env } },
  );
  // What has ended is still to be read.
  tmux("set-option", "remain-on-exit", "on");
  const screen = (): string => tmux("capture-pane", "-p", "-S", "-");
  return {
    press: (...keys) => void tmux("send-keys", ...keys),
    type: (text) => void tmux("send-keys", "-l", text),
    resize: (columns, rows) => void tmux("resize-window", "-x", String(columns), "-y", String(rows)),
    screen,
    async shows(pattern) {
      await expect.poll(screen, { timeout: 10_000, interval: 50 }).toMatch(pattern);
    },
    [Symbol.dispose]: () => void spawnSync("tmux", ["-L", server, "kill-server"]),
  };
}
